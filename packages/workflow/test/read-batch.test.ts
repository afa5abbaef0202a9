import assert from "node:assert/strict";
import { readJsonObject, readSequentialBatch } from "@outlayer/workflow";
import { batch, call, refusal } from "./support/requests.ts";

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
