/** Why no release is made: a sentence. Nothing has been changed. */
export class Refused extends Error {
  override readonly name = "Refused";
}
