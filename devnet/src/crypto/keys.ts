import { Base58Error, decodeBase58, encodeBase58 } from "./base58.ts";
import { FormatError } from "./format-error.ts";

/** The curves of NEAR's access keys, and P-256 for the verifier's passkeys. */
export type Curve = "ed25519" | "secp256k1" | "p256";

/** 32 bytes on Ed25519, else 64 bytes X and Y. */
export interface PublicKey {
  readonly curve: Curve;
  readonly data: Uint8Array;
}

/** 64 bytes, on secp256k1 65: r, s, v. */
export interface Signature {
  readonly curve: Curve;
  readonly data: Uint8Array;
}

/** Messages are the verifier's: `wrong curve type`, `base58: …`, `invalid length`. */
export class KeyParseError extends FormatError {
  override readonly name = "KeyParseError";
}

export const PUBLIC_KEY_LENGTHS: Readonly<Record<Curve, number>> = { ed25519: 32, secp256k1: 64, p256: 64 };
export const SIGNATURE_LENGTHS: Readonly<Record<Curve, number>> = { ed25519: 64, secp256k1: 65, p256: 64 };

/** `<curve>:<base58>`. */
export function formatKey(key: PublicKey | Signature): string {
  return `${key.curve}:${encodeBase58(key.data)}`;
}

/**
 * Reads `<curve>:<base58>`; without a curve it is Ed25519.
 * @throws KeyParseError
 */
export function parsePublicKey(text: string): PublicKey {
  return parse(text, PUBLIC_KEY_LENGTHS);
}

/** @throws KeyParseError */
export function parseSignature(text: string): Signature {
  return parse(text, SIGNATURE_LENGTHS);
}

function parse(text: string, lengths: Readonly<Record<Curve, number>>): PublicKey {
  const colon = text.indexOf(":");
  const curve = colon < 0 ? "ed25519" : text.slice(0, colon);
  if (!isCurve(curve)) throw new KeyParseError("wrong curve type");
  const data = decode(text.slice(colon + 1));
  if (data.length > lengths[curve]) {
    throw new KeyParseError("base58: buffer provided to decode base58 encoded string into was too small");
  }
  if (data.length < lengths[curve]) throw new KeyParseError("invalid length");
  return { curve, data };
}

function decode(text: string): Uint8Array {
  try {
    return decodeBase58(text);
  } catch (error) {
    if (error instanceof Base58Error) throw new KeyParseError(`base58: ${error.message}`);
    throw error;
  }
}

function isCurve(text: string): text is Curve {
  return text === "ed25519" || text === "secp256k1" || text === "p256";
}
