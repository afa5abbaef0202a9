import assert from "node:assert/strict";
import { readJsonObject, readSequentialBatch } from "@outlayer/workflow";
import { openedBatch } from "../src/core/opening.ts";
import { plan } from "../src/core/plan.ts";
import { batchProblem, batchSteps } from "../src/core/sequential-batch.ts";
import { facts, limits, walletAccount } from "./support/planning.ts";

const call = { receiver_id: "count.mike.near", method_name: "increase", gas: "30000000000000", args_json: "{}" };
const intents = {
  receiver_id: "intents.near",
  method_name: "execute_intents",
  gas: "100000000000000",
  near_intents: { intents: [{ intent: "transfer", receiver_id: "mike.near", tokens: { "nep141:wrap.near": "1" } }] },
};

const asked = {
  walletId: "wallet-1",
  idempotencyKey: "k",
  fingerprint: "0".repeat(64),
  original: {},
  approval: undefined,
};

/** The first event of a batch as a caller writes it. */
function open(body: object) {
  const document = readJsonObject(JSON.stringify({ gate_id: "gate.sequential.near", calls: [call], ...body }));
  const batch = readSequentialBatch(document);
  const refused = batchProblem(batch, limits);
  if (refused !== undefined) return openedBatch({ ...asked, original: document }, batch, { refused });
  const planning = plan({ steps: batchSteps(batch), name: "calls" }, facts, limits);
  return openedBatch({ ...asked, original: document }, batch, planning);
}

const without = (fields: object) => ({ calls: [call, { ...call, ...fields }] });

describe("a batch with a value that makes no sense is recorded as rejected (rule: bad-value-is-recorded)", () => {
  const views = (...checks: object[]) => ({ post_batch_view_checks: checks });
  const view = { contract_id: "a.near", method_name: "v" };
  const modes = "calls[1] must include exactly one of args_base64, args_json, or near_intents";
  const nearIntents = "calls[1].near_intents requires intents.near.execute_intents with zero deposit";
  const refused: readonly (readonly [name: string, body: object, text: string])[] = [
    ["without a gate", { gate_id: "" }, "gate_id is required"],
    ["for a foreign gate", { gate_id: "gate.other.near" }, "gate_id must be gate.sequential.near"],
    [
      "for a foreign gate, before its calls are counted",
      { gate_id: "x", calls: [] },
      "gate_id must be gate.sequential.near",
    ],
    ["without calls", { calls: [] }, "sequential batch requires 1 to 3 calls"],
    ["with 4 calls", { calls: [call, call, call, call] }, "sequential batch requires 1 to 3 calls"],
    ["without receiver", without({ receiver_id: "", method_name: "" }), "calls[1].receiver_id is required"],
    ["without method", without({ method_name: "", gas: "0" }), "calls[1].method_name is required"],
    ["without gas", without({ gas: "0", deposit: "x" }), "calls[1].gas must be non-zero"],
    ["with gas that is no number", without({ gas: "1e3" }), "calls[1].gas must be non-zero"],
    ["with gas of many zeros", without({ gas: "000" }), "calls[1].gas must be non-zero"],
    [
      "with a deposit that is no number, before anything about the user",
      without({ deposit: "-1", requires_user_predecessor: true }),
      "calls[1].deposit must be a decimal string",
    ],
    [
      "that needs the user, before its payload is looked at",
      without({ requires_user_predecessor: true, args_json: null }),
      "calls[1] requires user predecessor, which the gate proxy cannot satisfy",
    ],
    ["without payload", without({ args_json: null }), modes],
    ["with two payloads", without({ args_base64: "" }), modes],
    ["with intents and arguments", without({ near_intents: {} }), modes],
    ["with intents for another contract", without({ args_json: null, near_intents: {} }), nearIntents],
    ["with intents and a deposit", { calls: [call, { ...intents, deposit: "1" }] }, nearIntents],
    [
      "of which the first wrong call counts",
      {
        calls: [
          { ...call, args_json: null },
          { ...call, receiver_id: "" },
        ],
      },
      modes.replace("calls[1]", "calls[0]"),
    ],
    [
      "with a view of no account",
      views(view, { ...view, contract_id: "" }),
      "post_batch_view_checks[1].contract_id is not an account id",
    ],
    [
      "with a view of no method",
      views({ ...view, method_name: "" }),
      "post_batch_view_checks[0].method_name is required",
    ],
    [
      "with a view of bad arguments",
      views({ ...view, args_json: "{" }),
      "post_batch_view_checks[0].args_json is not JSON",
    ],
    [
      "with a view of a method whose name is longer than NEAR's may be",
      views({ ...view, method_name: "m".repeat(257) }),
      "post_batch_view_checks[0].method_name must be at most 256 bytes",
    ],
    [
      "with a view of arguments that are too long",
      views({ ...view, args_json: { text: "é".repeat(8192) } }),
      "post_batch_view_checks[0].args_json must be at most 16384 bytes",
    ],
    [
      "with a view that is to answer more than is read of an answer",
      views({ ...view, expect: "x".repeat(16_384) }),
      "post_batch_view_checks[0].expect must be at most 16384 bytes",
    ],
    ["with 13 views", views(...Array(13).fill(view)), "post_batch_view_checks must be at most 12"],
  ];
  for (const [name, body, text] of refused) {
    it(name, () => {
      const opened = open(body);
      assert.deepEqual(opened.ended, { status: "rejected", errorCode: "planner_rejected", userVisibleError: text });
      assert.equal(opened.calls, undefined);
      assert.deepEqual(opened.planJson, {
        accepted: false,
        executable: false,
        steps: [],
        setupRequirements: [],
        unchecked: [],
      });
    });
  }

  const planned: readonly (readonly [name: string, fields: object, text: string])[] = [
    ["to no account", { receiver_id: "Mike" }, "calls[1].receiver_id is not an account id"],
    ["with bad base64", { args_json: null, args_base64: "e30" }, "calls[1].args_base64 is not base64"],
    ["with a text that is no JSON", { args_json: "{" }, "calls[1].args_json is not JSON"],
    [
      "that would jam the gate",
      { gas: "130000000000001" },
      "calls[1].gas must be from 1 to 130000000000000, which is what the gate can pass on",
    ],
    [
      "with too large a deposit",
      { deposit: "2" },
      "calls[1].deposit must be at most 1 yoctoNEAR, for the gate pays it",
    ],
    [
      "of somebody else's intents",
      { ...intents, args_json: null, near_intents: { ...intents.near_intents, signer_id: "x.near" } },
      `calls[1].near_intents.signer_id must be the wallet's own account ${walletAccount}`,
    ],
  ];
  for (const [name, fields, text] of planned) {
    it(`${name}, with its plan`, () => {
      const opened = open(without(fields));
      assert.equal(opened.ended?.status, "rejected");
      assert.equal(opened.ended?.userVisibleError, text);
      assert.equal(opened.planJson?.steps?.length, 2);
    });
  }
});

describe("a batch that is executed", () => {
  it("has 1 to 3 calls and up to 12 views", () => {
    const view = { contract_id: "a.near", method_name: "v" };
    for (const calls of [[call], [call, call, call]]) {
      const opened = open({ calls, post_batch_view_checks: Array(12).fill(view) });
      assert.equal(opened.ended, undefined);
      assert.deepEqual([opened.calls?.length, opened.postViews?.length], [calls.length, 12]);
    }
  });

  it("is planned as explicit steps for the gate, written down without arguments and gas", () => {
    const opened = open({ calls: [call, { ...intents, deposit: "0", note: 1 }], idempotency_key: "k" });
    assert.deepEqual(JSON.parse(opened.workflowText ?? ""), {
      steps: [
        {
          receiver_id: "count.mike.near",
          method_name: "increase",
          route: "gate_proxy",
          gate_batch: "gate.sequential.near",
        },
        {
          receiver_id: "intents.near",
          method_name: "execute_intents",
          deposit: "0",
          near_intents: intents.near_intents,
          route: "gate_proxy",
          gate_batch: "gate.sequential.near",
        },
      ],
    });
    assert.equal(opened.ended, undefined);
    assert.deepEqual(
      opened.calls?.map(({ gas, deposit, payload }) => [gas, deposit, payload?.case]),
      [
        ["30000000000000", "0", "args"],
        ["100000000000000", "0", "intents"],
      ],
    );
  });

  it("has its views, with empty arguments where none are given and null as an answer", () => {
    const views = [
      { contract_id: "a.near", method_name: "v" },
      { contract_id: "a.near", method_name: "w", args_json: '{"x": 1}', expect: null },
      { contract_id: "a.near", method_name: "x", args_json: { x: 1 }, expect: { a: [1] } },
    ];
    assert.deepEqual(open({ post_batch_view_checks: views }).postViews, [
      { contractId: "a.near", methodName: "v", argsJson: "{}" },
      { contractId: "a.near", methodName: "w", argsJson: '{"x": 1}', expectJson: "null" },
      { contractId: "a.near", methodName: "x", argsJson: '{"x":1}', expectJson: '{"a":[1]}' },
    ]);
  });
});
