/** A text is not of its form. The message is the one that the Rust library of that form would give. */
export class FormatError extends Error {}
