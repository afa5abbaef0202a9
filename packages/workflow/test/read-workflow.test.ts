import assert from "node:assert/strict";
import { maxJsonValues, maxListItems, readJsonObject, readSequentialBatch, readWorkflow } from "@outlayer/workflow";
import fc from "fast-check";
import { refusal, step } from "./support/requests.ts";

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
