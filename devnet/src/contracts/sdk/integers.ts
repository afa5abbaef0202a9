import { FormatError } from "../../crypto/format-error.ts";
import { type Decoder, parsed } from "./decoder.ts";

export const U128_MAX = (1n << 128n) - 1n;
export const I128_MAX = (1n << 127n) - 1n;

/** Integers that JSON carries as decimal strings: near-sdk's `U64` and `U128`, and the verifier's deltas. */
export const u64Text: Decoder<bigint> = integerText(0n, (1n << 64n) - 1n);
export const u128Text: Decoder<bigint> = integerText(0n, U128_MAX);
export const i128Text: Decoder<bigint> = integerText(-(1n << 127n), I128_MAX);

/** Reads as Rust's `FromStr` does, with its messages. */
function integerText(min: bigint, max: bigint): Decoder<bigint> {
  const form = min < 0n ? /^[+-]?\d+$/ : /^\+?\d+$/;
  return parsed((input) => {
    if (input === "") throw new FormatError("cannot parse integer from empty string");
    if (!form.test(input)) throw new FormatError("invalid digit found in string");
    const value = BigInt(input.replace(/^\+/, ""));
    if (value > max) throw new FormatError("number too large to fit in target type");
    if (value < min) throw new FormatError("number too small to fit in target type");
    return value;
  });
}

/** The smallest of amounts. */
export function least(first: bigint, ...others: readonly bigint[]): bigint {
  return others.reduce((smallest, amount) => (amount < smallest ? amount : smallest), first);
}
