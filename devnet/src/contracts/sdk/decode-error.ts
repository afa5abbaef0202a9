/** serde's message for a value that it cannot read, without the position. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}

/** @throws DecodeError `invalid type: integer `5`, expected a string` */
export function unexpected(value: unknown, expected: string): never {
  throw new DecodeError(`invalid type: ${described(value)}, expected ${expected}`);
}

function described(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "sequence";
  switch (typeof value) {
    case "string":
      return `string ${JSON.stringify(value)}`;
    case "boolean":
      return `boolean \`${value}\``;
    case "number":
      return Number.isInteger(value) ? `integer \`${value}\`` : `floating point \`${value}\``;
    default:
      return "map";
  }
}

/** @throws DecodeError ``unknown variant `x`, expected one of `a`, `b` `` */
export function unknownVariant(variant: string, known: readonly string[]): never {
  const list = known.map((name) => `\`${name}\``).join(", ");
  throw new DecodeError(`unknown variant \`${variant}\`, expected one of ${list}`);
}
