import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { ScalarType } from "@bufbuild/protobuf";
import fc from "fast-check";

const maxDepth = 4;

/** Bytes of a message of this kind, field by field, some of them with wrong types, lengths and ends. */
export function messagesOf(schema: DescMessage): fc.Arbitrary<Uint8Array> {
  const spoil = fc.oneof(
    fc.nat(200).map((at) => (bytes: Buffer) => bytes.subarray(0, at % (bytes.length + 1))),
    fc.tuple(fc.nat(4_000), fc.nat(255)).map(([at, byte]) => (bytes: Buffer) => {
      if (bytes.length > 0) bytes[at % bytes.length] = byte;
      return bytes;
    }),
    fc.uint8Array({ maxLength: 20 }).map((more) => (bytes: Buffer) => Buffer.concat([bytes, more])),
  );
  return fc
    .tuple(fieldsOf(schema, 0), fc.option(spoil, { freq: 3 }))
    .map(([bytes, spoilt]) => (spoilt === null ? bytes : spoilt(Buffer.from(bytes))));
}

function fieldsOf(schema: DescMessage, depth: number): fc.Arbitrary<Buffer> {
  if (depth > maxDepth || schema.fields.length === 0) return fc.constant(Buffer.alloc(0));
  // In any order, some of them more than once: that is what the wire allows.
  const any = fc.oneof(...schema.fields.map((field) => encoded(field, depth)));
  return fc.array(any, { maxLength: Math.max(2, schema.fields.length) }).map((parts) => Buffer.concat(parts));
}

function encoded(field: DescField, depth: number): fc.Arbitrary<Buffer> {
  const { number } = field;
  if (field.message !== undefined && field.fieldKind !== "map") {
    return fieldsOf(field.message, depth + 1).map((bytes) => delimited(number, bytes));
  }
  const text = fc
    .oneof(
      fc.string({ maxLength: 60, unit: "binary" }),
      fc.constantFrom('{"steps":[]}', '{"steps":[{"kind":"intents.transfer"}]}', "[".repeat(5_000), "a".repeat(10_000)),
    )
    .map((value) => Buffer.from(value));
  const bytes = fc.oneof(
    text,
    fc.uint8Array({ maxLength: 40 }).map((value) => Buffer.from(value)),
  );
  const long = bytes.map((value) => delimited(number, value));
  const short = fc
    .bigInt({ min: 0n, max: 2n ** 64n - 1n })
    .map((value) => Buffer.concat([varint(BigInt(number << 3)), varint(value)]));
  const isLong =
    field.fieldKind === "scalar" && (field.scalar === ScalarType.STRING || field.scalar === ScalarType.BYTES);
  return isLong ? fc.oneof({ weight: 9, arbitrary: long }, { weight: 1, arbitrary: short }) : fc.oneof(short, long);
}

function delimited(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([varint(BigInt((number << 3) | 2)), varint(BigInt(bytes.length)), bytes]);
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let left = value;
  do {
    const more = left > 0x7fn ? 0x80 : 0;
    bytes.push(Number(left & 0x7fn) | more);
    left >>= 7n;
  } while (left > 0n);
  return Buffer.from(bytes);
}
