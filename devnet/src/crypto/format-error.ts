/** A text in the wrong form. The message is that of the Rust library for the form. */
export class FormatError extends Error {}
