import fc from "fast-check";

/** JSON Schema, as far as the OpenAPI document has it. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly examples?: readonly unknown[];
}

export type Components = Readonly<Record<string, Schema>>;

/** Texts at which readers of amounts, ids and accounts have gone wrong. */
const texts = [
  "",
  "0",
  "00",
  "-1",
  "1e3",
  "0x10",
  " 1",
  "1\n",
  "9".repeat(40),
  "340282366920938463463374607431768211456",
  "18446744073709551616",
  "9007199254740993",
  "__proto__",
  "constructor",
  "nep141:",
  "nep141:wrap.near",
  "nep171:a:b:c",
  "a".repeat(65),
  "../../livez",
  "mike.near",
  "intents.near",
  "execute_intents",
  "\u0000",
  "\ud800",
  "\u202e",
  "{}",
  "null",
  "100000000000000",
];

const anyText = fc.oneof(fc.constantFrom(...texts), fc.string({ maxLength: 40, unit: "binary" }));
const anyJson = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(null, true, 0, -1, 1.5, 2 ** 53, 1e308, -0, [], {}, [[]], { "": "" }),
  anyText,
);

/** How deep references are followed: steps hold intents, which may hold anything. */
const maxDepth = 6;

/** Values of a schema, most of them right, some wrong in one place or another. */
export function valuesOf(schema: Schema, components: Components, depth = 0): fc.Arbitrary<unknown> {
  const right = rightValues(schema, components, depth);
  return fc.oneof({ weight: 12, arbitrary: right }, { weight: 1, arbitrary: anyJson });
}

function rightValues(schema: Schema, components: Components, depth: number): fc.Arbitrary<unknown> {
  if (depth > maxDepth) return anyJson;
  const inner = (one: Schema) => valuesOf(one, components, depth + 1);
  if (schema.$ref !== undefined) {
    return inner(components[schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1)] ?? {});
  }
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined && schema.enum.length > 0) return fc.constantFrom(...schema.enum);
  const [choice] = schema.anyOf ?? [];
  if (choice !== undefined) return fc.oneof(...(schema.anyOf ?? []).map(inner));
  const examples = schema.examples ?? [];
  const shown =
    examples.length === 0 ? [] : [{ weight: 3, arbitrary: fc.constantFrom(...examples) as fc.Arbitrary<unknown> }];
  return fc.oneof(...shown, { weight: 2, arbitrary: ofType(schema, inner) });
}

function ofType(schema: Schema, inner: (schema: Schema) => fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const types = typeof schema.type === "string" ? [schema.type] : (schema.type ?? ["any"]);
  const [first = anyJson, ...others] = types.map((type): fc.Arbitrary<unknown> => {
    switch (type) {
      case "object":
        return objects(schema, inner);
      case "array":
        return fc.array(inner(schema.items ?? {}), { maxLength: 5 });
      case "string":
        return anyText;
      case "boolean":
        return fc.boolean();
      case "integer":
      case "number":
        return fc.oneof(fc.integer(), fc.constantFrom(0, -1, 2 ** 53, 1e300));
      case "null":
        return fc.constant(null);
      default:
        return anyJson;
    }
  });
  return others.length === 0 ? first : fc.oneof(first, ...others);
}

function objects(schema: Schema, inner: (schema: Schema) => fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const { properties = {}, required = [] } = schema;
  const known = fc.record(Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, inner(one)])), {
    // Now and then one that is required is missing.
    requiredKeys: required.filter((name) => Object.hasOwn(properties, name)),
  });
  const further = fc.dictionary(fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom(...texts)), anyJson, {
    maxKeys: 2,
  });
  return fc
    .tuple(
      known,
      fc.option(further, { freq: 4 }),
      fc.option(fc.constantFrom(...Object.keys(properties), ""), { freq: 8 }),
    )
    .map(([fields, more, missing]) => {
      const all: Record<string, unknown> = { ...more, ...(fields as Record<string, unknown>) };
      if (missing !== null) delete all[missing];
      return all;
    });
}

/** JSON text of a value, now and then spoilt: a key doubled, cut off, something behind it. */
export function textsOf(values: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  const spoil = fc.constantFrom<(text: string) => string>(
    (text) => text.slice(0, -1),
    (text) => `${text}{}`,
    (text) => text.replace("{", '{"steps":[],'),
    (text) => `\ufeff${text}`,
    (text) => text.replaceAll(":", "\u00a0:"),
    () => "",
  );
  return fc
    .tuple(values, fc.option(spoil, { freq: 12 }))
    .map(([value, spoilt]) => (spoilt === null ? JSON.stringify(value) : spoilt(JSON.stringify(value))));
}
