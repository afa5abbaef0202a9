import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { OpenedSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { readJsonObject, readWorkflow } from "@outlayer/workflow";
import { openedWorkflow } from "../src/core/opening.ts";
import { plan } from "../src/core/plan.ts";
import { facts, gateCall, limits, transfer } from "./support/planning.ts";

const asked = { walletId: "wallet-1", idempotencyKey: "k", fingerprint: "0".repeat(64), approval: undefined };

function open(steps: readonly object[]) {
  const original = readJsonObject(JSON.stringify({ steps, idempotency_key: "k" }));
  const request = readWorkflow(original);
  const planning = plan({ steps: request.steps, name: "steps" }, facts, limits);
  return openedWorkflow({ ...asked, original }, request, planning);
}

const funding = { kind: "funding.wrap_near" };
const staking = { receiver_id: "pool.near", method_name: "withdraw", operation: "staking" };
const rejected = (userVisibleError: string) => ({
  status: "rejected",
  errorCode: "planner_rejected",
  userVisibleError,
});

describe("a workflow that is not executed ends as it is opened:", () => {
  const rows: readonly (readonly [name: string, steps: readonly object[], ended: object])[] = [
    [
      "rejected, for the first reason in the order of the steps",
      [transfer, staking, { kind: "x" }, { ...gateCall, gas: "0" }],
      rejected("unsupported workflow step kind"),
    ],
    ["rejected without steps", [], rejected("workflow contains no executable gate_proxy steps")],
    [
      "rejected for the first value that makes no sense (rule: bad-value-is-recorded)",
      [transfer, { ...transfer, amount: "0" }, { ...transfer, token: "" }],
      rejected("steps[1].amount must be greater than zero"),
    ],
    [
      "rejected for a swap that could not balance",
      [{ kind: "intents.swap", token_in: "a.near", token_out: "b.near", amount_in: "1" }],
      rejected(
        "steps[0] needs counterparty_signed or deposit_address, for the verifier refuses a swap that does not balance",
      ),
    ],
    [
      "waiting for the user, whatever else is to do",
      [funding, { ...transfer, amount: "0" }, staking],
      {
        status: "requires_direct_user_setup",
        userVisibleError:
          "steps[2] must come from the user's own account: use the direct-user lane, POST /wallet/v1/direct-user/function-call/execute",
      },
    ],
    [
      "waiting for funding",
      [{ ...transfer, amount: "0" }, funding],
      {
        status: "requires_funding_setup",
        userVisibleError: "steps[1] does not go through the gate: wrap NEAR with POST /wallet/v1/call first",
      },
    ],
  ];
  for (const [name, steps, ended] of rows) {
    it(name, () => {
      const opened = open(steps);
      assert.deepEqual(opened.ended, ended);
      assert.equal(opened.calls, undefined);
    });
  }
});

describe("a workflow that is executed", () => {
  it("has its calls, the request as sent, and the request as planned", () => {
    const opened = open([
      { ...transfer, note: 1, kind: "intents.transfer" },
      { ...gateCall, kind: null, args_json: null },
    ]);
    assert.equal(opened.ended, undefined);
    assert.equal(opened.calls?.length, 2);
    assert.deepEqual(JSON.parse(opened.originalRequestText ?? ""), {
      steps: [
        { ...transfer, note: 1 },
        { ...gateCall, kind: null, args_json: null },
      ],
      idempotency_key: "k",
    });
    assert.deepEqual(JSON.parse(opened.workflowText ?? ""), { steps: [transfer, gateCall] });
  });
});

describe("how it is to be carried out", () => {
  it("stands in the event and in the request as planned, where it was said", () => {
    const original = readJsonObject(JSON.stringify({ steps: [transfer], on_failure: "halt", ordering: "any" }));
    const request = readWorkflow(original);
    const planning = plan({ steps: request.steps, name: "steps", haltOnFailure: true }, facts, limits);
    const opened = openedWorkflow({ ...asked, original }, request, planning);
    assert.deepEqual([opened.haltOnFailure, opened.anyOrdering], [true, true]);
    assert.deepEqual(JSON.parse(opened.workflowText ?? ""), { steps: [transfer], on_failure: "halt", ordering: "any" });
    const plain = open([transfer]);
    assert.deepEqual([plain.haltOnFailure, plain.anyOrdering], [false, false]);
  });
});

describe("whatever becomes of it, the event", () => {
  for (const steps of [[transfer], [], [funding], [staking], [{ kind: "x" }]]) {
    it(`is valid for ${JSON.stringify(steps).slice(0, 40)}`, () => {
      const { kind } = createValidator().validate(OpenedSchema, create(OpenedSchema, open(steps)));
      assert.equal(kind, "valid");
    });
  }
});
