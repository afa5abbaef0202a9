import { deepStrictEqual, strictEqual, throws } from "node:assert";
import fc from "fast-check";
import {
  bytes,
  type Codec,
  decode,
  encode,
  fixedBytes,
  option,
  struct,
  tagged,
  text,
  u32,
  u64,
  u128,
  vec,
} from "../../src/crypto/borsh/codec.ts";
import { accountId, publicKey, signature } from "../../src/crypto/borsh/near-types.ts";
import { BorshError } from "../../src/crypto/borsh/reader.ts";

type Shape = { readonly kind: "dot" } | { readonly kind: "line"; readonly length: bigint };

const shape: Codec<Shape> = tagged<Shape>({ dot: [0, struct({})], line: [3, struct({ length: u64 })] });

const drawing = struct({
  id: u32,
  name: text,
  raw: bytes,
  hash: fixedBytes(2),
  tags: vec(text),
  weight: option(u128),
  shape,
});

const plain = { noNullPrototype: true } as const;
const length = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const shapes = fc.oneof(
  fc.record({ kind: fc.constant("dot" as const) }, plain),
  fc.record({ kind: fc.constant("line" as const), length }, plain),
);
const drawings = fc.record(
  {
    id: fc.nat(),
    name: fc.string({ unit: "binary" }).filter((name) => name.isWellFormed()),
    raw: fc.uint8Array(),
    hash: fc.uint8Array({ minLength: 2, maxLength: 2 }),
    tags: fc.array(fc.string()),
    weight: fc.option(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n })),
    shape: shapes,
  },
  plain,
);

describe("borsh", () => {
  it("reads back what it wrote", () => {
    fc.assert(fc.property(drawings, (value) => deepStrictEqual(decode(drawing, encode(drawing, value)), value)));
  });

  it("refuses any input cut short", () => {
    fc.assert(
      fc.property(drawings, fc.nat(), (value, cut) => {
        const whole = encode(drawing, value);
        throws(() => decode(drawing, whole.subarray(0, cut % whole.length)), BorshError);
      }),
    );
  });

  it("is little-endian, with 4-byte lengths", () => {
    strictEqual(Buffer.from(encode(u64, 0x0102n)).toString("hex"), "0201000000000000");
    strictEqual(Buffer.from(encode(text, "é")).toString("hex"), "02000000c3a9");
    strictEqual(Buffer.from(encode(shape, { kind: "line", length: 1n })).toString("hex"), "030100000000000000");
  });

  const refusals: readonly (readonly [codec: Codec<unknown>, hex: string, message: string])[] = [
    [u64, "01", "Unexpected length of input"],
    [u64, "000000000000000000", "Not all bytes read"],
    [text, "ffffffff", "Unexpected length of input"],
    [text, "0300000061ff62", "invalid utf-8 sequence of 1 bytes from index 1"],
    [option(u64), "02", "Invalid Option representation: 2. The first byte must be 0 or 1"],
    [shape, "01", "Unexpected variant tag: 1"],
    [fixedBytes(2, "too short"), "00", "too short"],
    [accountId, "0200000041", "Unexpected length of input"],
    [accountId, "020000004142", "invalid value: \"AB\", the Account ID contains an invalid character 'A' at index 0"],
    [publicKey, `02${"00".repeat(32)}`, "Unexpected variant tag: 2"],
    [signature, `00${"00".repeat(63)}`, "Unexpected length of input"],
  ];
  for (const [codec, hex, message] of refusals) {
    it(`refuses ${hex.slice(0, 20)}: ${message}`, () => {
      throws(() => decode(codec, Buffer.from(hex, "hex")), new BorshError(message));
    });
  }

  it("does not write what does not fit", () => {
    throws(() => encode(u64, 2n ** 64n), BorshError);
    throws(() => encode(u64, -1n), BorshError);
    throws(() => encode(fixedBytes(2), Uint8Array.of(1)), BorshError);
    throws(() => encode(publicKey, { curve: "p256", data: new Uint8Array(64) }), BorshError);
    throws(() => encode(publicKey, { curve: "ed25519", data: new Uint8Array(31) }), BorshError);
  });
});
