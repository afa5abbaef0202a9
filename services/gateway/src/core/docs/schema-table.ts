import type { JsonValue } from "@bufbuild/protobuf";
import { nameOfRef, type Schema } from "../openapi/types.ts";
import { type Html, html } from "./html.ts";
import { inline } from "./markdown.ts";

export const schemaAnchor = (name: string) => `schema-${name}`;

function schemaLink(name: string): Html {
  return html`<a class="type" href="#${schemaAnchor(name)}">${name}</a>`;
}

/** A schema's content: a table of fields for an object. */
export function schemaBody(schema: Schema): Html {
  if (schema.allOf !== undefined) {
    return html`${schema.allOf.map((part) =>
      part.$ref === undefined ? schemaBody(part) : html`<p>Everything of ${schemaLink(nameOfRef(part.$ref))}, and:</p>`,
    )}`;
  }
  if (schema.properties === undefined) return html`<p>${typeOf(schema)}</p>`;
  const required = new Set(schema.required);
  const fields = Object.entries(schema.properties);
  return html`<div class="scroll"><table class="fields"><thead><tr><th scope="col">field</th><th scope="col">type</th><th scope="col">what it is</th></tr></thead><tbody>${fields.map(
    ([name, field]) => fieldRow(name, field, required.has(name)),
  )}</tbody></table></div>`;
}

function fieldRow(name: string, schema: Schema, required: boolean): Html {
  // A closed set of values needs no example.
  const example = schema.const === undefined && valuesOf(schema) === undefined ? schema.examples?.[0] : undefined;
  const mark = required ? undefined : html` <span class="optional">optional</span>`;
  return html`<tr><td><code class="field">${name}</code>${mark}</td><td class="typecell">${typeOf(schema)}</td><td>${inline(
    schema.description ?? "",
  )}${allowed(schema)}${example === undefined ? undefined : html` <span class="eg">e.g. <code>${shown(example)}</code></span>`}</td></tr>`;
}

/** A schema in a few words. */
export function typeOf(schema: Schema): Html {
  if (schema.$ref !== undefined) return schemaLink(nameOfRef(schema.$ref));
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (schema.anyOf !== undefined) return joined(schema.anyOf.map(typeOf), " or ");
  const types = typeof schema.type === "string" ? [schema.type] : (schema.type ?? []);
  if (types.length === 0) return html`any JSON`;
  return joined(
    types.map((type) => plainType(type, schema)),
    " or ",
  );
}

function plainType(type: string, { items, additionalProperties, format }: Schema): Html {
  if (type === "array")
    return items === undefined
      ? html`list`
      : html`list of ${typeOf(items)}${items.type === undefined || Array.isArray(items.type) ? undefined : "s"}`;
  if (type === "object" && typeof additionalProperties === "object")
    return html`map to ${typeOf(additionalProperties)}`;
  return format === undefined ? html`${type}` : html`${type} (${format})`;
}

function allowed(schema: Schema): Html {
  return html`${valuesOf(schema)?.map((value) => html` <code>${shown(value)}</code>`)}`;
}

/** The values of a closed set, also where null is one more. */
function valuesOf(schema: Schema): readonly JsonValue[] | undefined {
  return schema.enum ?? schema.anyOf?.find((choice) => choice.enum !== undefined)?.enum;
}

function shown(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function joined(parts: readonly Html[], separator: string): Html {
  return html`${parts.map((part, index) => (index === 0 ? part : html`${separator}${part}`))}`;
}
