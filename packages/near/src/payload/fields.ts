import { EncodingError } from "../encoding.ts";

/** A signed payload as `execute_intents` takes it. */
export type SignedPayload = { readonly [field: string]: unknown };

/** @param place of the object, for the message @throws EncodingError */
export function textOf(given: SignedPayload, field: string, place = ""): string {
  const value = given[field];
  if (typeof value !== "string") throw new EncodingError("must be a string", place + field);
  return value;
}

/** @throws EncodingError */
export function objectOf(given: SignedPayload, field: string): SignedPayload {
  const value = given[field];
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new EncodingError("must be an object", field);
  return value as SignedPayload;
}
