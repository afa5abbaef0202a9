import { createHash } from "node:crypto";
import { base58, base64, hex } from "@scure/base";

/** A text in the wrong encoding. The message never quotes the text. */
export class EncodingError extends Error {
  override readonly name = "EncodingError";
  /** Path of the field at fault, e.g. `payload.nonce`, with which the message begins; undefined where there is none. */
  readonly field: string | undefined;

  constructor(message: string, field?: string) {
    super(field === undefined ? message : `${field} ${message}`);
    this.field = field;
  }
}

export const encodeBase58 = (bytes: Uint8Array): string => base58.encode(bytes);
export const encodeBase64 = (bytes: Uint8Array): string => base64.encode(bytes);
export const encodeHex = (bytes: Uint8Array): string => hex.encode(bytes);

export const decodeBase58 = (text: string): Uint8Array => decode(text, base58, "base58");
/** Standard alphabet, padded. */
export const decodeBase64 = (text: string): Uint8Array => decode(text, base64, "base64");
export const decodeHex = (text: string): Uint8Array => decode(text, hex, "hex");

function decode(text: string, coder: { decode(text: string): Uint8Array }, name: string): Uint8Array {
  try {
    return coder.decode(text);
  } catch {
    throw new EncodingError(`not ${name}`);
  }
}

export function sha256(...parts: readonly (Uint8Array | string)[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

/** The SHA-256 of a text as a number between 0 and 1, for rendezvous hashing. */
export function sha256Fraction(text: string): number {
  const digest = sha256(text);
  const bits = new DataView(digest.buffer, digest.byteOffset).getBigUint64(0) >> 12n;
  // 52 bits: the sum is exact, and never 0 or 1.
  return (Number(bits) + 0.5) / 2 ** 52;
}
