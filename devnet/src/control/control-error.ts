/** A control's request is invalid, or cannot be carried out now. */
export class ControlError extends Error {
  override readonly name = "ControlError";
}
