/** What a control was asked for does not make sense, or cannot be done now. */
export class ControlError extends Error {
  override readonly name = "ControlError";
}
