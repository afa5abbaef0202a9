import { deepStrictEqual, strictEqual, throws } from "node:assert";
import { DecodeError } from "../../../src/contracts/sdk/decode-error.ts";
import {
  accountId,
  bool,
  type Decoder,
  list,
  object,
  optional,
  pair,
  text,
  u32,
} from "../../../src/contracts/sdk/decoder.ts";
import { i128Text, u64Text, u128Text } from "../../../src/contracts/sdk/integers.ts";
import { readJson } from "../../../src/contracts/sdk/json.ts";

const refusals: readonly (readonly [decoder: Decoder<unknown>, value: unknown, message: string])[] = [
  [text, null, "invalid type: null, expected a string"],
  [text, true, "invalid type: boolean `true`, expected a string"],
  [text, 1.5, "invalid type: floating point `1.5`, expected a string"],
  [text, [], "invalid type: sequence, expected a string"],
  [bool, "x", 'invalid type: string "x", expected a boolean'],
  [u32, "1", 'invalid type: string "1", expected u32'],
  [u32, 2 ** 32, "invalid type: integer `4294967296`, expected u32"],
  [list(text), {}, "invalid type: map, expected a sequence"],
  [pair(u32, text), [1], "invalid length 1, expected a tuple of size 2"],
  [accountId, "A", 'invalid value: "A", the Account ID is too short'],
  [u64Text, 3, "invalid type: integer `3`, expected a string"],
  [u64Text, "", "cannot parse integer from empty string"],
  [u64Text, "-1", "invalid digit found in string"],
  [u64Text, "1e3", "invalid digit found in string"],
  [u64Text, String(2n ** 64n), "number too large to fit in target type"],
  [u128Text, String(2n ** 128n), "number too large to fit in target type"],
  [i128Text, String(-(2n ** 127n) - 1n), "number too small to fit in target type"],
];

describe("arguments are refused in serde's words", () => {
  for (const [decoder, value, message] of refusals) {
    it(`${JSON.stringify(value)}: ${message}`, () => throws(() => decoder.decode(value), new DecodeError(message)));
  }

  it("the given fields in their order, then the missing", () => {
    const decoder = object({ a: text, b: text, c: optional(text) });
    throws(() => decoder.decode({ b: 1, a: 2 }), new DecodeError("invalid type: integer `1`, expected a string"));
    throws(() => decoder.decode({ c: "x" }), new DecodeError("missing field `a`"));
    deepStrictEqual(decoder.decode({ a: "x", b: "y", d: "z" }), { a: "x", b: "y", c: undefined });
  });

  it("with the end of the text as the position", () => {
    throws(() => readJson('{"a":\n1}', object({ b: text })), new DecodeError("missing field `b` at line 2 column 2"));
    throws(() => readJson("", text), new DecodeError("EOF while parsing a value at line 1 column 0"));
    throws(() => readJson("{", text), new DecodeError("expected value at line 1 column 1"));
  });
});

describe("integers in strings", () => {
  it("are read over their whole range, a plus sign allowed as in Rust", () => {
    strictEqual(u64Text.decode("+7"), 7n);
    strictEqual(u64Text.decode("18446744073709551615"), 2n ** 64n - 1n);
    strictEqual(u128Text.decode(String(2n ** 128n - 1n)), 2n ** 128n - 1n);
    strictEqual(i128Text.decode(String(-(2n ** 127n))), -(2n ** 127n));
  });
});
