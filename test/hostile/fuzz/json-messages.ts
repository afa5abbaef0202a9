import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import fc from "fast-check";

const maxDepth = 4;

/** Values at which readers of protobuf's JSON form have gone wrong. */
const anyJson: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(null, true, -1, 1.5, 2 ** 53, 1e308, "", "NaN", "\u0000", "\ud800", [], {}, [null], {
    "": {},
  }),
);

/** JSON values of a message of this kind, most of them right, some wrong in one place or another. */
export function jsonOf(schema: DescMessage, depth = 0): fc.Arbitrary<unknown> {
  if (depth > maxDepth) return anyJson;
  const fields = schema.fields.map((field) => fc.tuple(anyNameOf(field), jsonOfField(field, depth)));
  const any = fields.length === 0 ? fc.tuple(fc.constant("x"), anyJson) : fc.oneof(...fields);
  const object = fc.array(any, { maxLength: Math.max(2, fields.length) }).map((pairs) => Object.fromEntries(pairs));
  return fc.oneof({ weight: 12, arbitrary: object }, { weight: 1, arbitrary: anyJson });
}

/** Both names are read, and others are nobody's. */
function anyNameOf({ name, jsonName }: DescField): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(name, jsonName) },
    { weight: 1, arbitrary: fc.constantFrom("__proto__", "constructor", `${name}_`, "") },
  );
}

function jsonOfField(field: DescField, depth: number): fc.Arbitrary<unknown> {
  const one = oneOf(field, depth);
  const right =
    field.fieldKind === "list"
      ? fc.array(one, { maxLength: 4 })
      : field.fieldKind === "map"
        ? fc.dictionary(fc.string({ maxLength: 8 }), one, { maxKeys: 4 })
        : one;
  return fc.oneof({ weight: 9, arbitrary: right }, { weight: 1, arbitrary: anyJson });
}

function oneOf(field: DescField, depth: number): fc.Arbitrary<unknown> {
  if (field.message !== undefined) return jsonOf(field.message, depth + 1);
  if (field.enum !== undefined) {
    return fc.oneof(fc.constantFrom(...field.enum.values.map(({ name }) => name)), fc.integer(), anyJson);
  }
  if (field.scalar === ScalarType.STRING || field.scalar === ScalarType.BYTES) {
    const known = [
      '{"steps":[]}',
      '{"steps":[{"kind":"intents.transfer"}]}',
      "mike.near",
      "[".repeat(5_000),
      "a".repeat(10_000),
    ];
    return fc.oneof(fc.string({ maxLength: 60, unit: "binary" }), fc.constantFrom(...known));
  }
  if (field.scalar === ScalarType.BOOL) return fc.boolean();
  const number = fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n });
  return fc.oneof(number.map(String), fc.integer(), fc.double());
}
