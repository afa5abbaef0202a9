import { encodeBase58 } from "../crypto/base58.ts";
import { sha256 } from "../crypto/hash.ts";

const encoder = new TextEncoder();

/** Base58 of a SHA-256 over parts. Ids depend only on their origin, so that a replayed block gives the same ones. */
export function deriveId(...parts: readonly (string | bigint | number)[]): string {
  return encodeBase58(deriveBytes(...parts));
}

export function deriveBytes(...parts: readonly (string | bigint | number)[]): Uint8Array {
  return sha256(encoder.encode(parts.join(" ")));
}
