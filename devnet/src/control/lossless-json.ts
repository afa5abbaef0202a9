/** JSON whose integers keep all their digits: those a double cannot hold are read as `bigint`, and `bigint` is written as a number. */

interface ReviverContext {
  readonly source?: string;
}

// ECMAScript's JSON.parse source text access, which Node has and TypeScript's library does not know yet.
const json = JSON as unknown as {
  parse(text: string, reviver: (key: string, value: unknown, context: ReviverContext) => unknown): unknown;
  rawJSON(text: string): unknown;
};

/** Finds digits that a double may not hold; a text without them needs no further look. */
const manyDigits = /\d{16}/;

/** @throws SyntaxError */
export function parseLossless(text: string): unknown {
  if (!manyDigits.test(text)) return JSON.parse(text);
  return json.parse(text, (_, value, { source }) => {
    if (typeof value !== "number" || source === undefined || Number.isSafeInteger(value)) return value;
    return /^-?\d+$/.test(source) ? BigInt(source) : value;
  });
}

/** A value that is JSON text already. */
export class JsonText {
  readonly text: string;

  constructor(value: unknown) {
    this.text = stringifyLossless(value);
  }
}

export function stringifyLossless(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_, item) => (typeof item === "bigint" ? json.rawJSON(`${item}`) : item), indent);
}
