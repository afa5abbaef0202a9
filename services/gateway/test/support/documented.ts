import assert from "node:assert/strict";
import { openApiDocument } from "../../src/core/openapi/document.ts";
import { nameOfRef, type OpenApiDocument, type Operation, type Response } from "../../src/core/openapi/types.ts";
import { ajvOf, outside } from "./openapi-schemas.ts";
import type { RawAnswer } from "./raw-http.ts";
import { gateId } from "./samples.ts";

const document: OpenApiDocument = JSON.parse(JSON.stringify(openApiDocument({ gateId, executeWaitSecs: 0 })));
const validator = ajvOf(document);
/** Operations of the OpenAPI document by id, with method and path. */
export const operations = new Map(
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(
      ([method, operation]: [string, Operation]) =>
        [operation.operationId, { method: method.toUpperCase(), path, operation }] as const,
    ),
  ),
);

export function operationOf(operationId: string) {
  const found = operations.get(operationId);
  assert.ok(found !== undefined, `${operationId} is not documented`);
  return found;
}

/** What the document says of an operation's response. */
export function documented(operationId: string, status: string): Response {
  const listed = operationOf(operationId).operation.responses[status];
  assert.ok(listed !== undefined, `${operationId} documents no ${status}`);
  if (!("$ref" in listed)) return listed;
  const shared = document.components.responses[nameOfRef(listed.$ref)];
  assert.ok(shared !== undefined);
  return shared;
}

/** Holds an answer to what the document says of it: its headers, its media type, and its body. */
export function assertDocumented(
  { headers, body: text, status }: RawAnswer,
  { content, headers: named = {} }: Response,
): void {
  for (const [name, reference] of Object.entries(named)) {
    const value = headers.get(name);
    // Only those who prefer something are told what it came to.
    if (name === "Preference-Applied" && value === null) continue;
    // Only what was counted says what is left, not a repeated key.
    if (name.startsWith("RateLimit") && value === null && status !== 429) continue;
    assert.ok(value !== null, `${name} is missing`);
    const schema = document.components.headers[nameOfRef(reference.$ref)]?.schema ?? {};
    assertFits(schema, schema.type === "integer" ? Number(value) : value);
  }
  if (content === undefined) {
    assert.equal(text, "");
    return;
  }
  const type = headers.get("content-type")?.split(";")[0] ?? "";
  const media = content[type];
  assert.ok(media !== undefined, `${status} is ${type}, documented are ${Object.keys(content).join(", ")}`);
  assertFits(media.schema, type.endsWith("json") ? JSON.parse(text) : text);
  if (type !== "text/event-stream") return;
  const data = text.match(/(?<=^data: ).+$/gm) ?? [];
  assert.ok(data.length > 0);
  for (const line of data) assertFits(media.schema.contentSchema ?? {}, JSON.parse(line));
}

function assertFits(schema: object, value: unknown): void {
  const fits = validator.compile(outside(schema));
  assert.ok(fits(value), validator.errorsText(fits.errors));
}
