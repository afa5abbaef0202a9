/** An action that policy cannot judge, and that is therefore denied. The message is shown to the user. */
export class Unjudgeable extends Error {
  override readonly name = "Unjudgeable";
}
