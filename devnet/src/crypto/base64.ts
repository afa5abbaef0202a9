import { FormatError } from "./format-error.ts";

/** Messages are those of Rust's `base64` 0.22, which contracts show to their callers. */
export class Base64Error extends FormatError {
  override readonly name = "Base64Error";
}

const PAD = "=".charCodeAt(0);
const STANDARD = symbolsOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
const URL_SAFE = symbolsOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

/**
 * Standard alphabet, canonical padding required.
 * @throws Base64Error
 */
export function decodeBase64(text: string): Uint8Array {
  return decode(text, STANDARD, true);
}

/**
 * URL-safe alphabet, padding optional, as WebAuthn's fields are read.
 * @throws Base64Error
 */
export function decodeBase64Url(text: string): Uint8Array {
  return decode(text, URL_SAFE, false);
}

/** Value of each byte as a symbol of the alphabet, -1 for a byte outside it. */
function symbolsOf(alphabet: string): Int8Array {
  const values = new Int8Array(256).fill(-1);
  for (let value = 0; value < alphabet.length; value += 1) values[alphabet.charCodeAt(value)] = value;
  return values;
}

/** Checks in the order of the Rust crate: a stray last byte, the whole quads, then the last quad with its padding. */
function decode(text: string, symbols: Int8Array, paddingRequired: boolean): Uint8Array {
  const input = Buffer.from(text);
  const valueAt = (index: number): number => symbols[input[index] ?? 0] ?? -1;
  const last = input.length - 1;
  if (input.length % 4 === 1 && input[last] !== PAD && valueAt(last) < 0) throw invalidSymbol(input, last);

  const tailStart = Math.floor(Math.max(last, 0) / 4) * 4;
  for (let index = 0; index < tailStart; index += 1) {
    if (valueAt(index) < 0) throw invalidSymbol(input, index);
  }

  let symbolCount = 0;
  let padCount = 0;
  for (let index = tailStart; index < input.length; index += 1) {
    if (input[index] === PAD) {
      if (index - tailStart < 2) throw invalidSymbol(input, index);
      padCount += 1;
    } else if (padCount > 0) {
      throw invalidSymbol(input, tailStart + symbolCount);
    } else if (valueAt(index) < 0) {
      throw invalidSymbol(input, index);
    } else {
      symbolCount += 1;
    }
  }
  if (input.length === 0) return new Uint8Array();
  if (symbolCount < 2) throw new Base64Error(`Invalid input length: ${tailStart + symbolCount}`);
  if (paddingRequired && (symbolCount + padCount) % 4 !== 0) throw new Base64Error("Invalid padding");

  const lastSymbol = tailStart + symbolCount - 1;
  const unusedBits = symbolCount === 2 ? 0b1111 : symbolCount === 3 ? 0b11 : 0;
  if ((valueAt(lastSymbol) & unusedBits) !== 0) {
    throw new Base64Error(`Invalid last symbol ${input[lastSymbol]}, offset ${lastSymbol}.`);
  }
  return new Uint8Array(Buffer.from(text, "base64"));
}

function invalidSymbol(input: Uint8Array, index: number): Base64Error {
  return new Base64Error(`Invalid symbol ${input[index]}, offset ${index}.`);
}
