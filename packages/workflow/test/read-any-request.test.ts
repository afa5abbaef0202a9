import assert from "node:assert/strict";
import type { JsonObject } from "@bufbuild/protobuf";
import {
  batchCallSchema,
  directUserCallRequestSchema,
  maxListItems,
  readDirectUserCall,
  readJsonObject,
  readSequentialBatch,
  readWorkflow,
  sequentialBatchRequestSchema,
  viewCheckSchema,
  workflowRequestSchema,
} from "@outlayer/workflow";
import { z } from "zod";
import { stepFields } from "../src/step-fields.ts";
import { refusal } from "./support/requests.ts";

describe("an approval that comes with a request", () => {
  const info = { request_id: "r", approver_ids: ["a", "b"], request_hash: "h" };
  const sent = (approval_info: unknown) => JSON.stringify({ steps: [], approval_info });

  it("is read from workflows and batches alike, whatever it says", () => {
    const approval = { requestId: "r", approverIds: ["a", "b"], requestHash: "h" };
    assert.deepEqual(readWorkflow(readJsonObject(sent({ ...info, note: 1 }))).approval, approval);
    const batched = { gate_id: "g", calls: [], approval_info: info };
    assert.deepEqual(readSequentialBatch(batched).approval, approval);
  });

  const rows: readonly [unknown, string][] = [
    [{ ...info, request_id: undefined }, "approval_info.request_id is required"],
    [{ ...info, approver_ids: "a" }, "approval_info.approver_ids must be an array"],
    [{ ...info, approver_ids: ["a", 1] }, "approval_info.approver_ids[1] must be a string"],
    [{ ...info, request_hash: 1 }, "approval_info.request_hash must be a string"],
  ];
  for (const [value, problem] of rows) {
    it(`is refused as it cannot be read: ${problem}`, () => {
      assert.equal(refusal(readWorkflow, sent(value)), `invalid workflow JSON: ${problem}`);
      const batched = JSON.stringify({ gate_id: "g", calls: [], approval_info: value });
      assert.equal(refusal(readSequentialBatch, batched), `invalid workflow JSON: ${problem}`);
    });
  }
});

describe("the number of steps, calls and views", () => {
  const over = (item: object) => JSON.stringify(Array.from({ length: maxListItems + 1 }, () => item));

  it("cannot be more than 100: refused before any of them is looked at", () => {
    assert.equal(
      refusal(readWorkflow, `{"steps": ${over({})}}`),
      "invalid workflow JSON: steps has more than 100 items",
    );
    assert.equal(
      refusal(readSequentialBatch, `{"gate_id": "g", "calls": ${over({})}}`),
      "invalid workflow JSON: calls has more than 100 items",
    );
    assert.equal(
      refusal(readSequentialBatch, `{"gate_id": "g", "calls": [], "post_batch_view_checks": ${over({})}}`),
      "invalid workflow JSON: post_batch_view_checks has more than 100 items",
    );
  });

  it("leaves those that may be carried out to the planner, and some more", () => {
    const steps = Array.from({ length: maxListItems }, () => ({ kind: "x" }));
    assert.equal(readWorkflow(readJsonObject(JSON.stringify({ steps }))).steps.length, maxListItems);
  });
});

describe("null in an optional field", () => {
  const required: Readonly<Record<string, object>> = {
    "intents.transfer": { token: "a.near", amount: "1", receiver_id: "b.near" },
    "intents.swap": { token_in: "a.near", token_out: "b.near", amount_in: "1" },
    "intents.execute_raw": { intents: [] },
    "": { receiver_id: "a.near", method_name: "m" },
  };
  /** Of a schema, the optional fields, so that a new one cannot be forgotten. */
  const optionalOf = (schema: unknown) => {
    assert.ok(schema instanceof z.ZodObject);
    return Object.entries(schema.shape).flatMap(([key, field]) => (field.isOptional() ? [key] : []));
  };
  const read = <T>(reader: (document: JsonObject) => T, value: object) => reader(readJsonObject(JSON.stringify(value)));

  it("cannot make a step differ from one without the field, of whatever kind", () => {
    for (const [kind, fields] of Object.entries(required)) {
      const step = { ...(kind === "" ? {} : { kind }), ...fields };
      for (const key of Object.keys(stepFields).filter((name) => !(name in step))) {
        const [read1] = read(readWorkflow, { steps: [{ ...step, [key]: null }] }).steps;
        const [read0] = read(readWorkflow, { steps: [step] }).steps;
        const said = Object.entries(read1?.fields ?? {}).filter(([, value]) => value !== null);
        assert.deepEqual(Object.fromEntries(said), read0?.fields, `${kind} ${key}`);
      }
    }
  });

  it("cannot make a workflow, a batch or a direct-user call differ from one without the field", () => {
    const bodies = [
      [workflowRequestSchema, readWorkflow, { steps: [] }],
      [sequentialBatchRequestSchema, readSequentialBatch, { gate_id: "g", calls: [] }],
      [
        directUserCallRequestSchema,
        readDirectUserCall,
        { user_id: "u", registry_id: "r", receiver_id: "c", method_names: [] },
      ],
    ] as const;
    for (const [schema, reader, body] of bodies) {
      const names = optionalOf(schema);
      assert.ok(names.length > 0);
      for (const key of names) {
        const value = JSON.stringify(read<unknown>(reader, { ...body, [key]: null }));
        assert.equal(value.replace(/,"argsJson":null/, ""), JSON.stringify(read<unknown>(reader, body)), key);
      }
    }
  });

  it("cannot make a batch's calls and views differ from those without the field, but for what a view should answer", () => {
    const call = { receiver_id: "a.near", method_name: "m", gas: "1" };
    const view = { contract_id: "a.near", method_name: "m" };
    const batch = { gate_id: "g", calls: [call], post_batch_view_checks: [view] };
    for (const key of optionalOf(batchCallSchema)) {
      assert.doesNotThrow(() => read(readSequentialBatch, { ...batch, calls: [{ ...call, [key]: null }] }), key);
    }
    for (const key of optionalOf(viewCheckSchema)) {
      const views = [{ ...view, [key]: null }];
      assert.doesNotThrow(() => read(readSequentialBatch, { ...batch, post_batch_view_checks: views }), key);
    }
    const expecting = { ...batch, post_batch_view_checks: [{ ...view, expect: null }] };
    assert.equal(read(readSequentialBatch, expecting).postBatchViewChecks[0]?.expect, null);
  });

  it("is still refused in a field that must be there", () => {
    const text = JSON.stringify({
      steps: [{ kind: "intents.transfer", ...required["intents.transfer"], token: null }],
    });
    assert.equal(refusal(readWorkflow, text), "invalid workflow JSON: steps[0].token must be a string");
  });
});
