import assert from "node:assert/strict";
import type { JsonObject } from "@bufbuild/protobuf";
import {
  batchCallSchema,
  directUserCallRequestSchema,
  InvalidRequest,
  maxJsonValues,
  maxListItems,
  readDirectUserCall,
  readJsonObject,
  readSequentialBatch,
  readWorkflow,
  sequentialBatchRequestSchema,
  viewCheckSchema,
  workflowRequestSchema,
} from "@outlayer/workflow";
import fc from "fast-check";
import { z } from "zod";
import { stepFields } from "../src/step-fields.ts";

function refusal(read: (document: JsonObject) => unknown, text: string): string {
  try {
    read(readJsonObject(text));
  } catch (error) {
    assert.ok(error instanceof InvalidRequest, `${error}`);
    return error.message;
  }
  return "accepted";
}

const step = (fields: object) => JSON.stringify({ steps: [fields] });
const transfer = { kind: "intents.transfer", token: "wrap.near", amount: "1", receiver_id: "mike.near" };
const explicit = { receiver_id: "count.mike.near", method_name: "increase" };

describe("a workflow that cannot be read (rule: unreadable-leaves-no-record)", () => {
  const refused: readonly (readonly [name: string, text: string, problem: string])[] = [
    ["without steps", "{}", "steps is required"],
    ["with steps that are null", '{"steps": null}', "steps must be an array"],
    ["with steps that are no list", '{"steps": {}}', "steps must be an array"],
    ["with a step that is no object", '{"steps": [5]}', "steps[0] must be an object"],
    ["with a step that is a list", '{"steps": [[]]}', "steps[0] must be an object"],
    ["with a step that is null", '{"steps": [null]}', "steps[0] must be an object"],
    ["with a key that is no text", '{"steps": [], "idempotency_key": 5}', "idempotency_key must be a string"],
    ["with a kind that is no text", step({ kind: 1 }), "steps[0].kind must be a string"],
    ["with a transfer without token", step({ ...transfer, token: undefined }), "steps[0].token is required"],
    ["with a transfer without amount", step({ ...transfer, amount: undefined }), "steps[0].amount is required"],
    ["with a transfer to nobody", step({ ...transfer, receiver_id: undefined }), "steps[0].receiver_id is required"],
    ["with a transfer whose amount is a number", step({ ...transfer, amount: 5 }), "steps[0].amount must be a string"],
    ["with a transfer whose amount is null", step({ ...transfer, amount: null }), "steps[0].amount must be a string"],
    [
      "with a swap without token_in",
      step({ kind: "intents.swap", token_out: "a", amount_in: "1" }),
      "steps[0].token_in is required",
    ],
    [
      "with a swap without token_out",
      step({ kind: "intents.swap", token_in: "a", amount_in: "1" }),
      "steps[0].token_out is required",
    ],
    [
      "with a swap without amount_in",
      step({ kind: "intents.swap", token_in: "a", token_out: "b" }),
      "steps[0].amount_in is required",
    ],
    [
      "with counterparties that are texts",
      step({ kind: "intents.swap", token_in: "a", token_out: "b", amount_in: "1", counterparty_signed: ["x"] }),
      "steps[0].counterparty_signed[0] must be an object",
    ],
    ["with raw intents without intents", step({ kind: "intents.execute_raw" }), "steps[0].intents is required"],
    [
      "with raw intents that are no list",
      step({ kind: "intents.execute_raw", intents: {} }),
      "steps[0].intents must be an array",
    ],
    [
      "with a raw intent that is no object",
      step({ kind: "intents.execute_raw", intents: [{}, "x"] }),
      "steps[0].intents[1] must be an object",
    ],
    [
      "with a funding step whose amount is a number",
      step({ kind: "funding.wrap_near", amount: 1 }),
      "steps[0].amount must be a string",
    ],
    [
      "with actions that are no list",
      step({ kind: "near.function_call", actions: {} }),
      "steps[0].actions must be an array",
    ],
    ["with an explicit step to nobody", step({ method_name: "x" }), "steps[0].receiver_id is required"],
    ["with an explicit step without method", step({ receiver_id: "x.near" }), "steps[0].method_name is required"],
    ["with kind null and nothing else", step({ kind: null }), "steps[0].receiver_id is required"],
    ["with gas as a number", step({ ...explicit, gas: 100 }), "steps[0].gas must be a string"],
    ["with a deposit as a number", step({ ...explicit, deposit: 0 }), "steps[0].deposit must be a string"],
    [
      "with another route",
      step({ ...explicit, route: "gate" }),
      "steps[0].route must be one of gate_proxy, funding_setup, direct_user",
    ],
    [
      "with another route under an unknown kind",
      step({ kind: "foo", route: "" }),
      "steps[0].route must be one of gate_proxy, funding_setup, direct_user",
    ],
    [
      "with requires_user_predecessor as a text",
      step({ ...explicit, requires_user_predecessor: "true" }),
      "steps[0].requires_user_predecessor must be a boolean",
    ],
    [
      "with near_intents as a text",
      step({ ...explicit, near_intents: "{}" }),
      "steps[0].near_intents must be an object",
    ],
    ["with near_intents as a list", step({ ...explicit, near_intents: [] }), "steps[0].near_intents must be an object"],
    ["with args_base64 as an object", step({ ...explicit, args_base64: {} }), "steps[0].args_base64 must be a string"],
  ];
  for (const [name, text, problem] of refused) {
    it(`is refused ${name}`, () => {
      assert.equal(refusal(readWorkflow, text), `invalid workflow JSON: ${problem}`);
    });
  }

  it("is refused for its first problem in the order of the document", () => {
    const first = (text: string) => refusal(readWorkflow, text).replace("invalid workflow JSON: ", "");
    assert.equal(first('{"idempotency_key": 1, "steps": 1}'), "idempotency_key must be a string");
    assert.equal(first('{"steps": 1, "idempotency_key": 1}'), "steps must be an array");
    assert.equal(first('{"idempotency_key": 1, "steps": [1]}'), "idempotency_key must be a string");
    assert.equal(first('{"steps": [1], "idempotency_key": 1}'), "steps[0] must be an object");
    assert.equal(first('{"steps": [{"gas": 1, "deposit": 1}]}'), "steps[0].gas must be a string");
    assert.equal(first('{"steps": [{"deposit": 1, "gas": 1}]}'), "steps[0].deposit must be a string");
    assert.equal(first(step({ kind: "intents.transfer", memo: 1 })), "steps[0].memo must be a string");
    assert.equal(first(step({ kind: "intents.transfer" })), "steps[0].token is required");
    assert.equal(first(step({ kind: "intents.transfer", token: "a" })), "steps[0].amount is required");
    assert.equal(first('{"steps": [{"kind": "foo"}, {}, {"kind": 1}]}'), "steps[1].receiver_id is required");
  });

  it("is refused at once, however many problems it has", function () {
    this.timeout(2000);
    const items = Array.from({ length: maxJsonValues / 2 - 50 }, () => 1).join();
    const fields = Array.from({ length: maxJsonValues / 2 }, (_, index) => `"k${index}":0`).join();
    const text = `{"steps": [{"kind": "intents.execute_raw", ${fields}, "intents": [${items}]}]}`;
    assert.equal(refusal(readWorkflow, text), "invalid workflow JSON: steps[0].intents[0] must be an object");
    const steps = items.slice(0, 2 * maxListItems - 1);
    assert.equal(refusal(readWorkflow, `{"steps": [${steps}]}`), "invalid workflow JSON: steps[0] must be an object");
  });
});

describe("how a workflow is to be carried out", () => {
  it("is what it says, where it says so", () => {
    const { onFailure, ordering } = readWorkflow({ steps: [], on_failure: "halt", ordering: "any" });
    assert.deepEqual([onFailure, ordering], ["halt", "any"]);
  });

  it("is refused with its place where it says something else (rule: unreadable-leaves-no-record)", () => {
    for (const value of ["stop", "", true, ["halt"]]) {
      const text = (field: string) => JSON.stringify({ steps: [], [field]: value });
      assert.equal(
        refusal(readWorkflow, text("on_failure")),
        "invalid workflow JSON: on_failure must be one of continue, halt",
      );
      assert.equal(
        refusal(readWorkflow, text("ordering")),
        "invalid workflow JSON: ordering must be one of chained, any",
      );
    }
  });
});

describe("a workflow that can be read", () => {
  const formsOf = (text: string) => readWorkflow(readJsonObject(text)).steps.map(({ form }) => form);

  it("may have no steps, and unknown fields anywhere", () => {
    assert.deepEqual(readWorkflow({ steps: [], note: 1 }), {
      steps: [],
      onFailure: undefined,
      ordering: undefined,
      idempotencyKey: undefined,
      approval: undefined,
    });
    assert.deepEqual(formsOf(step({ ...transfer, note: { a: 1 } })), ["intents.transfer"]);
  });

  it("keeps of each step what it knows", () => {
    const { steps } = readWorkflow({ steps: [{ ...transfer, note: 1 }], idempotency_key: "k" });
    assert.deepEqual(steps, [{ form: "intents.transfer", fields: transfer }]);
  });

  it("takes a step without kind, or with kind null, as an explicit call", () => {
    assert.deepEqual(formsOf(step(explicit)), ["explicit"]);
    assert.deepEqual(
      formsOf(step({ ...explicit, kind: null, near_intents: null, args_json: null, args_base64: null })),
      ["explicit"],
    );
  });

  it("requires nothing of funding, user and unknown kinds", () => {
    const kinds = [
      "funding.wrap_near",
      "funding.intents_deposit",
      "funding.balance_check",
      "funding.storage_deposit",
      "near.function_call",
    ];
    assert.deepEqual(formsOf(JSON.stringify({ steps: kinds.map((kind) => ({ kind })) })), kinds);
    const unknown = ["", "explicit", "unknown", "intents.Transfer", "constructor", "toString"];
    assert.deepEqual(
      formsOf(JSON.stringify({ steps: unknown.map((kind) => ({ kind })) })),
      unknown.map(() => "unknown"),
    );
  });

  it("throws nothing but InvalidRequest, whatever it reads", () => {
    const names = ["kind", "receiver_id", "method_name", "gas", "route", "near_intents", "intents", "args_json"];
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom("intents.transfer", "intents.swap", "gate_proxy"));
    const anyStep = fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...names), value));
    const document = fc.record({ steps: fc.oneof(fc.jsonValue(), fc.array(anyStep)), idempotency_key: value });
    fc.assert(
      fc.property(document, (body) => {
        const text = JSON.stringify(body);
        refusal(readWorkflow, text);
        refusal(readSequentialBatch, text);
      }),
    );
  });
});

const call = { receiver_id: "count.mike.near", method_name: "increase", gas: "1", args_json: "{}" };
const batch = (fields: object) => JSON.stringify({ gate_id: "gate.sequential.near", calls: [call], ...fields });
const batchOf = (fields: object) => batch({ calls: [{ ...call, ...fields }] });

describe("a batch that cannot be read (rule: unreadable-leaves-no-record)", () => {
  const refused: readonly (readonly [name: string, text: string, problem: string])[] = [
    ["without gate_id", batch({ gate_id: undefined }), "gate_id is required"],
    ["with gate_id as a number", batch({ gate_id: 5 }), "gate_id must be a string"],
    ["without calls", batch({ calls: undefined }), "calls is required"],
    ["with calls that are no list", batch({ calls: {} }), "calls must be an array"],
    ["with a call that is no object", batch({ calls: [call, "x"] }), "calls[1] must be an object"],
    ["with a call to nobody", batchOf({ receiver_id: undefined }), "calls[0].receiver_id is required"],
    ["with a call without method", batchOf({ method_name: undefined }), "calls[0].method_name is required"],
    ["with a call without gas", batchOf({ gas: undefined }), "calls[0].gas is required"],
    ["with gas as a number", batchOf({ gas: 100 }), "calls[0].gas must be a string"],
    ["with a deposit as a number", batchOf({ deposit: 0 }), "calls[0].deposit must be a string"],
    ["with args_base64 as a number", batchOf({ args_base64: 0 }), "calls[0].args_base64 must be a string"],
    ["with near_intents as a text", batchOf({ near_intents: "" }), "calls[0].near_intents must be an object"],
    [
      "with requires_user_predecessor as a number",
      batchOf({ requires_user_predecessor: 1 }),
      "calls[0].requires_user_predecessor must be a boolean",
    ],
    ["with views that are no list", batch({ post_batch_view_checks: {} }), "post_batch_view_checks must be an array"],
    [
      "with a view without contract",
      batch({ post_batch_view_checks: [{ method_name: "x" }] }),
      "post_batch_view_checks[0].contract_id is required",
    ],
    [
      "with a view without method",
      batch({ post_batch_view_checks: [{ contract_id: "x" }] }),
      "post_batch_view_checks[0].method_name is required",
    ],
    ["with a key that is no text", batch({ idempotency_key: [] }), "idempotency_key must be a string"],
  ];
  for (const [name, text, problem] of refused) {
    it(`is refused ${name}`, () => {
      assert.equal(refusal(readSequentialBatch, text), `invalid workflow JSON: ${problem}`);
    });
  }

  it("is refused for its first problem in the order of the document", () => {
    const text = '{"post_batch_view_checks": [1], "calls": [1], "gate_id": 1}';
    assert.equal(
      refusal(readSequentialBatch, text),
      "invalid workflow JSON: post_batch_view_checks[0] must be an object",
    );
  });
});

describe("a batch that can be read", () => {
  it("may have values that make no sense", () => {
    const text = batch({ gate_id: "", calls: [{ receiver_id: "", method_name: "", gas: "-1" }] });
    assert.equal(refusal(readSequentialBatch, text), "accepted");
  });

  it("keeps the calls as they are and an expected null", () => {
    const views = [{ contract_id: "a.near", method_name: "v", expect: null }];
    assert.deepEqual(readSequentialBatch(readJsonObject(batch({ post_batch_view_checks: views }))), {
      gateId: "gate.sequential.near",
      calls: [call],
      postBatchViewChecks: views,
      idempotencyKey: undefined,
      approval: undefined,
    });
  });
});

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
