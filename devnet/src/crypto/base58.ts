import { base58 } from "@scure/base";
import { FormatError } from "./format-error.ts";

const FOREIGN_LETTER = /[^1-9A-HJ-NP-Za-km-z]/u;

/** A text that is no base58, or has the wrong length. Messages are those of Rust's `bs58`. */
export class Base58Error extends FormatError {
  override readonly name = "Base58Error";
}

export function encodeBase58(bytes: Uint8Array): string {
  return base58.encode(bytes);
}

/** @throws Base58Error naming the first letter outside Bitcoin's alphabet */
export function decodeBase58(text: string): Uint8Array {
  const foreign = FOREIGN_LETTER.exec(text);
  if (foreign) {
    const offset = Buffer.byteLength(text.slice(0, foreign.index));
    throw new Base58Error(`provided string contained invalid character '${foreign[0]}' at byte ${offset}`);
  }
  return base58.decode(text);
}
