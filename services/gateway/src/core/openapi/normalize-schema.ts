import { nameOfRef, type Schema, schemaRef } from "./types.ts";

/** Simplifies a schema as zod writes it: no redundant keywords, and references to this document's components. */
export function normalized(schema: Schema): Schema {
  const collapsed = collapseNullable(schema);
  // Zod itself names the schema of `z.json()`, which takes any value.
  if (collapsed.$ref?.includes("/__")) return withoutRef(collapsed);
  const { properties = {}, additionalProperties, items, anyOf, examples, ...rest } = omit(collapsed);
  return {
    ...rest,
    ...(rest.$ref === undefined ? {} : schemaRef(nameOfRef(rest.$ref))),
    ...(Object.keys(properties).length === 0 ? {} : { properties: mapped(properties) }),
    ...(isOpen(additionalProperties) ? {} : { additionalProperties: normalizedOrFlag(additionalProperties) }),
    ...(items === undefined ? {} : { items: normalized(items) }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map(normalized) }),
    ...(examples === undefined || examples.length === 0 ? {} : { examples }),
  };
}

/** Merges a nullable schema into one; where a choice has to remain, it carries the description. */
function collapseNullable(schema: Schema): Schema {
  const [value, nothing, ...more] = schema.anyOf ?? [];
  if (value === undefined || value.$ref !== undefined || nothing?.type !== "null" || more.length > 0) return schema;
  const { anyOf: _, ...rest } = schema;
  if (typeof value.type === "string" && value.enum === undefined)
    return { ...value, ...rest, type: [value.type, "null"] };
  const { description, examples, ...choice } = value;
  const said = {
    ...(description === undefined ? {} : { description }),
    ...(examples === undefined ? {} : { examples }),
  };
  return { ...said, ...rest, anyOf: [choice, nothing] };
}

function omit(schema: Schema): Schema {
  const { propertyNames: _names, pattern, ...rest } = schema as Schema & { readonly propertyNames?: unknown };
  // A format says the same as its pattern, and is easier to read.
  return pattern === undefined || rest.format !== undefined ? rest : { ...rest, pattern };
}

function withoutRef({ $ref: _, ...schema }: Schema): Schema {
  return schema;
}

function isOpen(additional: Schema["additionalProperties"]): additional is undefined {
  return additional === undefined || (typeof additional === "object" && Object.keys(additional).length === 0);
}

function normalizedOrFlag(additional: Schema | boolean): Schema | boolean {
  return typeof additional === "boolean" ? additional : normalized(additional);
}

function mapped(properties: Readonly<Record<string, Schema>>): Readonly<Record<string, Schema>> {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, normalized(schema)]));
}
