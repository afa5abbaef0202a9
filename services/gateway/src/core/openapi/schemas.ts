import {
  accountSchema,
  challengeRequestSchema,
  challengeSchema,
  derivedAccountSchema,
  directUserCallRequestSchema,
  directUserKeySchema,
  directUserKeyStatusSchema,
  directUserScopeSchema,
  errorBodySchema,
  planSchema,
  preflightSchema,
  progressEventSchema,
  publicKeyRequestSchema,
  quoteRequestSchema,
  quotesSchema,
  recordErrorBodySchema,
  recordSchema,
  sequentialBatchRequestSchema,
  sessionKeysSchema,
  sessionSchema,
  signedOutSchema,
  signInRequestSchema,
  staleKeysSchema,
  workflowRequestSchema,
} from "@outlayer/workflow";
import { z } from "zod";
import { normalized } from "./normalize-schema.ts";
import { type Named, type Schema, schemaRef } from "./types.ts";

const requests: readonly z.ZodType[] = [
  workflowRequestSchema,
  sequentialBatchRequestSchema,
  directUserScopeSchema,
  directUserCallRequestSchema,
  publicKeyRequestSchema,
  challengeRequestSchema,
  signInRequestSchema,
  quoteRequestSchema,
];

/** Schemas of bodies. Each becomes a component, with the schemas that it refers to. */
const bodies: readonly z.ZodType[] = [
  ...requests,
  directUserKeySchema,
  directUserKeyStatusSchema,
  accountSchema,
  staleKeysSchema,
  derivedAccountSchema,
  challengeSchema,
  sessionSchema,
  signedOutSchema,
  sessionKeysSchema,
  quotesSchema,
  planSchema,
  preflightSchema,
  recordSchema,
  progressEventSchema,
  errorBodySchema,
  recordErrorBodySchema,
];

/** Components by name, generated from the schemas that validate requests and answers. */
export function componentSchemas(gateId: string): Named<Schema> {
  const schemas = new Map<string, Schema>();
  for (const body of bodies) {
    // Answers too are described as open to further fields, since a later version may add some.
    const { $defs = {} } = z.toJSONSchema(body, { io: "input", target: "draft-2020-12" });
    for (const [name, schema] of Object.entries($defs)) {
      // Zod itself names the schema of `z.json()`, which takes any value.
      if (name.startsWith("__")) continue;
      const described = schema as Schema;
      schemas.set(name, normalized(requests.includes(body) ? withNulls(described) : described));
    }
  }
  nameSteps(schemas);
  nameProperty(schemas, "SequentialBatchRequest", "calls", "BatchCall");
  nameProperty(schemas, "SequentialBatchRequest", "post_batch_view_checks", "ViewCheck");
  nameProperty(schemas, "WorkflowRecord", "balance_views", "BalanceView");
  nameProperty(schemas, "WorkflowRecord", "post_batch_view_results", "PostViewResult");
  nameProperty(schemas, "WorkflowRecord", "fees", "Fees");
  extend(schemas, "RecordProblem", "WorkflowRecord");
  showGate(schemas, gateId);
  return inReadingOrder(schemas);
}

/** Adds null to request fields that may be absent (rule: null-is-absent). */
function withNulls(schema: Schema): Schema {
  const { properties, required = [], items, anyOf } = schema;
  const withNull = ([name, field]: [string, Schema]): [string, Schema] => {
    const inner = withNulls(field);
    return [name, required.includes(name) || takesNull(field) ? inner : { anyOf: [inner, { type: "null" }] }];
  };
  return {
    ...schema,
    ...(properties === undefined ? {} : { properties: Object.fromEntries(Object.entries(properties).map(withNull)) }),
    ...(items === undefined ? {} : { items: withNulls(items) }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map(withNulls) }),
  };
}

/** Whether a request field's schema takes null: explicitly, or because it takes anything. */
function takesNull({ type, anyOf, enum: values, const: only }: Schema): boolean {
  if (anyOf !== undefined) return anyOf.some(takesNull);
  return type === "null" || (type === undefined && values === undefined && only === undefined);
}

/** Makes a component of every kind of step, so that generated clients have names for them. */
function nameSteps(schemas: Map<string, Schema>): void {
  const request = named(schemas, "WorkflowRequest");
  const steps = request.properties?.steps;
  const kinds = (steps?.items?.anyOf ?? []).map((step) => {
    const kind = step.properties?.kind?.const;
    const name = typeof kind === "string" ? `${pascalCase(kind)}Step` : "ExplicitStep";
    const description = step.description ?? step.properties?.kind?.description ?? "";
    schemas.set(name, { title: typeof kind === "string" ? kind : "explicit call", ...step, description });
    return schemaRef(name);
  });
  schemas.set("Step", { description: "One step: of a named kind, or an explicit call.", anyOf: kinds });
  schemas.set("WorkflowRequest", {
    ...request,
    properties: { ...request.properties, steps: { ...steps, items: schemaRef("Step") } },
  });
}

/** Makes a component of a property, or of the items of its list or map. */
function nameProperty(schemas: Map<string, Schema>, holder: string, property: string, name: string): void {
  const schema = named(schemas, holder);
  const value = schema.properties?.[property];
  if (value === undefined) throw new RangeError(`${holder} has no ${property}`);
  const { items, additionalProperties: values } = value;
  const ref = schemaRef(name);
  const replace = (part: Schema, by: Schema) => {
    schemas.set(name, part);
    schemas.set(holder, { ...schema, properties: { ...schema.properties, [property]: by } });
  };
  if (items !== undefined) replace(items, { ...value, items: ref });
  else if (typeof values === "object") replace(values, { ...value, additionalProperties: ref });
  else replace(value, ref);
}

/** Writes a schema that has all fields of another as an extension of it. */
function extend(schemas: Map<string, Schema>, name: string, base: string): void {
  const { description, properties = {}, required = [] } = named(schemas, name);
  const known = named(schemas, base).properties ?? {};
  const own = Object.entries(properties).filter(([field]) => !Object.hasOwn(known, field));
  schemas.set(name, {
    ...(description === undefined ? {} : { description }),
    allOf: [
      schemaRef(base),
      {
        type: "object",
        properties: Object.fromEntries(own),
        required: required.filter((field) => !Object.hasOwn(known, field)),
      },
    ],
  });
}

/** Names the served gate in the examples. */
function showGate(schemas: Map<string, Schema>, gateId: string): void {
  const { examples: _, ...batch } = named(schemas, "SequentialBatchRequest");
  const gate = { ...batch.properties?.gate_id, examples: [gateId] };
  schemas.set("SequentialBatchRequest", { ...batch, properties: { ...batch.properties, gate_id: gate } });
}

/** Each body, followed by the components that it refers to. */
function inReadingOrder(schemas: ReadonlyMap<string, Schema>): Named<Schema> {
  const ordered = new Map<string, Schema>();
  const visit = (name: string) => {
    if (ordered.has(name)) return;
    const schema = named(schemas, name);
    ordered.set(name, schema);
    for (const [, next] of JSON.stringify(schema).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g))
      visit(next ?? "");
  };
  for (const body of ["WorkflowRequest", "SequentialBatchRequest", "Plan", ...schemas.keys()]) visit(body);
  return Object.fromEntries(ordered);
}

function named(schemas: ReadonlyMap<string, Schema>, name: string): Schema {
  const schema = schemas.get(name);
  if (schema === undefined) throw new RangeError(`there is no schema ${name}`);
  return schema;
}

/** `intents.execute_raw` → `IntentsExecuteRaw` */
function pascalCase(kind: string): string {
  return kind.replace(/(?:^|[._])([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
