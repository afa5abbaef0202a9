/** Something that policy cannot judge, and that is therefore not allowed. The message is shown to the user. */
export class Unjudgeable extends Error {
  override readonly name = "Unjudgeable";
}
