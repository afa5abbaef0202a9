import assert from "node:assert/strict";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { Validator } from "@seriousme/openapi-schema-validator";
import { openApiDocument } from "../src/core/openapi/document.ts";
import type { MediaType, OpenApiDocument, Operation, Schema } from "../src/core/openapi/types.ts";
import { ajvOf, outside } from "./support/openapi-schemas.ts";
import { startWorld } from "./support/world.ts";

const gateId = "gate.test.near";
const document: OpenApiDocument = JSON.parse(JSON.stringify(openApiDocument({ gateId, executeWaitSecs: 7 })));
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]: [string, Operation]) => ({ path, method, operation })),
);

/** Every object within a value, with its place. */
function* objectsIn(
  value: unknown,
  place = "#",
): Generator<[place: string, object: Readonly<Record<string, unknown>>]> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield [place, value as Readonly<Record<string, unknown>>];
  for (const [key, item] of Object.entries(value)) yield* objectsIn(item, `${place}/${key}`);
}

const isForAnybody = ({ security }: Operation) => security.every((way) => Object.keys(way).length === 0);

describe("the OpenAPI document", () => {
  it("is valid OpenAPI 3.1", async () => {
    const result = await new Validator().validate({ ...structuredClone(document) });
    assert.deepEqual(result.errors ?? [], []);
    assert.equal(result.valid, true);
  });

  it("lints clean by Redocly's recommended rules", async () => {
    const config = await createConfig({ extends: ["recommended"] });
    const problems = await lintFromString({ source: JSON.stringify(document), absoluteRef: "openapi.json", config });
    assert.deepEqual(
      problems.map(({ ruleId, message, location: [at] }) => `${ruleId} ${at?.pointer}: ${message}`),
      [],
    );
  });

  it("takes null in every field of a body that may be left out, and in no other (rule: null-is-absent)", () => {
    const ajv = ajvOf(document);
    let optional = 0;
    const visit = (name: string, seen: Set<string>) => {
      if (seen.has(name)) return;
      seen.add(name);
      const { properties = {}, required = [] } = document.components.schemas[name] ?? {};
      for (const field of Object.keys(properties)) {
        const takesNull = ajv.compile({ $ref: `openapi#/components/schemas/${name}/properties/${field}` });
        assert.equal(takesNull(null), !required.includes(field), `${name}.${field}`);
        if (!required.includes(field)) optional += 1;
      }
      const refs = JSON.stringify(document.components.schemas[name]).matchAll(/"#\/components\/schemas\/(\w+)"/g);
      for (const [, next] of refs) visit(next ?? "", seen);
    };
    for (const name of ["WorkflowRequest", "SequentialBatchRequest", "DirectUserScope", "DirectUserCallRequest"]) {
      visit(name, new Set());
    }
    assert.ok(optional > 40, `${optional}`);
  });

  it("describes every endpoint that is served, and none that is not", async () => {
    await using world = await startWorld();
    for (const { path, method, operation } of operations) {
      const asked = path.replace(/\{\w+\}/, "0192f3c0-7c1e-7000-8000-0000000000ff");
      const answer = await fetch(`${world.url}${asked}`, { method });
      await answer.body?.cancel();
      // Without a body, where strangers may send one.
      const expected = isForAnybody(operation) && method === "post" ? [400] : [200, 401];
      assert.ok(expected.includes(answer.status), `${method} ${path}: ${answer.status}`);
    }
    assert.deepEqual(
      operations.map(({ path, method }) => `${method.toUpperCase()} ${path}`),
      [
        "POST /wallet/v1/workflows/plan",
        "POST /wallet/v1/workflows/preflight",
        "POST /wallet/v1/workflows/execute",
        "GET /wallet/v1/workflows/{request_id}",
        "DELETE /wallet/v1/workflows/{request_id}",
        "GET /wallet/v1/workflows/{request_id}/events",
        "POST /wallet/v1/sequential-batch",
        "GET /wallet/v1/sequential-batch/{request_id}",
        "POST /wallet/v1/direct-user/function-call-key/prepare",
        "GET /wallet/v1/direct-user/function-call-key/status",
        "POST /wallet/v1/direct-user/function-call/execute",
        "GET /wallet/v1/direct-user/function-call/{request_id}",
        "GET /wallet/v1/accounts/{account_id}",
        "GET /wallet/v1/accounts/{account_id}/stale-keys",
        "POST /wallet/v1/accounts/derive",
        "POST /wallet/v1/quotes",
        "GET /wallet/v1/preflight",
        "POST /wallet/v1/auth/challenge",
        "POST /wallet/v1/auth/verify",
        "POST /wallet/v1/auth/logout",
        "GET /.well-known/jwks.json",
        "GET /openapi.json",
        "GET /docs",
        "GET /livez",
        "GET /readyz",
      ],
    );
  });

  it("is what is served", async () => {
    await using world = await startWorld({ config: { gateId, executeWaitSecs: 7 } });
    const answer = await world.rest("GET", "/openapi.json", { headers: {} });
    assert.equal(answer.headers.get("content-type"), "application/json; charset=utf-8");
    assert.deepEqual(answer.json, document);
  });

  it("has an id of its own, a known tag, a summary, a description and examples for every operation", () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    assert.equal(new Set(ids).size, ids.length);
    const tags = document.tags.map(({ name }) => name);
    for (const { operation } of operations) {
      assert.match(operation.operationId, /^[a-z][A-Za-z]+$/);
      assert.ok(operation.tags.every((tag) => tags.includes(tag)));
      assert.notEqual(operation.summary, "");
      assert.notEqual(operation.description, "");
      const contents = [operation.requestBody, operation.responses["200"]].flatMap((one) =>
        one !== undefined && "content" in one ? Object.values(one.content ?? {}) : [],
      );
      assert.ok(contents.length > 0);
      for (const { examples } of contents) assert.ok(Object.keys(examples).length > 0, operation.operationId);
    }
  });

  it("wants each way to authenticate on wallet paths but those of signing in, and none elsewhere", () => {
    const all = [["internalWalletAuth", "walletId"], ["apiKey"], ["session"]];
    const own: Readonly<Record<string, string[][]>> = { createChallenge: [[]], signIn: [[]], signOut: [["session"]] };
    for (const { path, operation } of operations) {
      const ways = operation.security.map((way) => Object.keys(way).toSorted());
      const expected = own[operation.operationId] ?? (path.startsWith("/wallet/v1/") ? all : [[]]);
      assert.deepEqual(ways, expected, operation.operationId);
    }
  });

  it("lists for every wallet operation what can go wrong", () => {
    for (const { path, method, operation } of operations.filter(({ path }) => path.startsWith("/wallet/v1/"))) {
      const ofRecord = path.includes("{request_id}") ? ["400", "404"] : [];
      const ofBody = ["400", "408", "413", "415"];
      // A DELETE takes nothing that could not be read.
      const bodiless = method === "post" && operation.requestBody === undefined;
      const own = method === "get" ? ofRecord : method === "post" ? (bodiless ? [] : ofBody) : ["202", "404"];
      const ofCredentials = operation.operationId === "createChallenge" ? [] : ["401"];
      for (const code of ["200", "431", "500", "503", ...ofCredentials, ...own]) {
        assert.ok(operation.responses[code] !== undefined, `${method} ${path} has no ${code}`);
      }
    }
    for (const name of ["executeWorkflow", "executeSequentialBatch"]) {
      const { responses } = operations.find(({ operation }) => operation.operationId === name)?.operation ?? {};
      assert.ok(responses?.["202"] !== undefined && responses["409"] !== undefined);
    }
  });

  it("refers to nothing that is not there, and has nothing that is not referred to", () => {
    const referred = new Set<string>();
    for (const [place, { $ref }] of objectsIn(document)) {
      if (typeof $ref !== "string") continue;
      const target = $ref
        .slice(2)
        .split("/")
        .reduce((at: unknown, key) => (at as Record<string, unknown> | undefined)?.[key], document);
      assert.ok(target !== undefined, `${place} refers to ${$ref}`);
      referred.add($ref);
    }
    for (const [kind, named] of Object.entries(document.components)) {
      if (kind === "securitySchemes") continue;
      for (const name of Object.keys(named)) {
        // Events are text to OpenAPI 3.1, which therefore cannot refer to what their data is.
        if (name === "ProgressEvent") continue;
        assert.ok(referred.has(`#/components/${kind}/${name}`), `${kind}/${name} is not referred to`);
      }
    }
  });

  it("says every larger schema once", () => {
    const seen = new Map<string, string>();
    for (const [place, { properties }] of objectsIn(document.components.schemas)) {
      if (typeof properties !== "object" || properties === null || Object.keys(properties).length < 8) continue;
      const text = JSON.stringify(properties);
      assert.equal(seen.get(text), undefined, `${place} repeats ${seen.get(text)}`);
      seen.set(text, place);
    }
    assert.equal(JSON.stringify(document.components.schemas.RecordProblem).includes("dispatch_receipts"), false);
  });

  it("describes every field of what callers send, and of what they get where its name does not say it", () => {
    const { schemas } = document.components;
    for (const name of ["WorkflowRequest", "SequentialBatchRequest", "BatchCall", "ViewCheck", "IntentsSwapStep"]) {
      for (const [field, { description }] of Object.entries(schemas[name]?.properties ?? {})) {
        assert.ok(description !== undefined, `${name}.${field} has no description`);
      }
    }
  });

  it("has examples that are valid by their own schemas", () => {
    const validator = ajvOf(document);
    let checked = 0;
    for (const [place, media] of objectsIn(document)) {
      if (!("schema" in media) || !("examples" in media)) continue;
      const { schema, examples } = media as unknown as MediaType;
      const validate = validator.compile(outside(schema));
      for (const [name, { value }] of Object.entries(examples)) {
        assert.ok(validate(value), `${place}/${name}: ${validator.errorsText(validate.errors)}`);
        checked++;
      }
    }
    assert.ok(checked > 30);
  });

  it("has examples within schemas and parameters that are valid by those", () => {
    const validator = ajvOf(document);
    const schemas = [...objectsIn(document.components.schemas)].filter(([, { examples }]) => Array.isArray(examples));
    assert.ok(schemas.length > 50);
    for (const [place, schema] of schemas) {
      const validate = validator.compile(outside(schema as Schema));
      for (const example of schema.examples as unknown[]) {
        assert.ok(validate(example), `${place}: ${validator.errorsText(validate.errors)}`);
      }
    }
    for (const { name, schema, example } of Object.values(document.components.parameters)) {
      assert.ok(validator.compile(outside(schema))(example), name);
    }
  });

  it("names the gate that is served", () => {
    const batch = operations.find(({ operation }) => operation.operationId === "executeSequentialBatch")?.operation;
    assert.ok(JSON.stringify(batch?.requestBody).includes(gateId));
    assert.deepEqual(document.components.schemas.SequentialBatchRequest?.properties?.gate_id?.examples, [gateId]);
  });

  it("says how long a POST waits here", () => {
    assert.match(document.info.description, /A POST waits 7 seconds/);
  });
});
