import type { IndexDescription } from "mongodb";

/** The declaration of a collection. */
export interface CollectionSpec {
  readonly name: string;
  /** `$jsonSchema` that every document must fit. */
  readonly schema: Readonly<Record<string, unknown>>;
  readonly indexes: readonly IndexSpec[];
}

export interface IndexSpec extends IndexDescription {
  readonly name: string;
  readonly key: Readonly<Record<string, 1>>;
}

/** The schema of an object: its required and its optional fields. */
export function objectSchema(
  required: Readonly<Record<string, object>>,
  optional: Readonly<Record<string, object>> = {},
): CollectionSpec["schema"] {
  return { bsonType: "object", required: Object.keys(required), properties: { ...required, ...optional } };
}

export const text = { bsonType: "string", minLength: 1 } as const;
export const sha256 = { bsonType: "string", pattern: "^[0-9a-f]{64}$" } as const;
export const version = { bsonType: ["int", "long"], minimum: 1 } as const;
export const date = { bsonType: "date" } as const;
export const bool = { bsonType: "bool" } as const;
