import assert from "node:assert/strict";
import { status } from "@grpc/grpc-js";
import { overRest } from "./support/parity.ts";
import {
  approved,
  asks,
  batchOf,
  changed,
  funding,
  gateId,
  halting,
  limited,
  ParitySuite,
  type Row,
  recordId,
  steps,
  to,
  unknownId,
  withApiKey,
  worker,
} from "./support/parity-suite.ts";
import { call, walletMetadata } from "./support/plain-grpc.ts";
import { describeShapes } from "./support/shapes.ts";
import { dust, registerStep, setRegister, transfer } from "./support/steps.ts";

const { OK, NOT_FOUND } = status;
const balanceOfMike = {
  contract_id: "wrap.near",
  method_name: "ft_balance_of",
  args_json: { account_id: "mike.near" },
};

const ambiguous = "ambiguous normal calls must be classified before policy checks or signing";

const directUser = {
  kind: "near.function_call",
  receiver_id: "pool.near",
  method_name: "withdraw",
  predecessor_requirement: "user_required",
};

const answers: readonly Row[] = [
  {
    name: "a plan that halts at a failure",
    ask: to("plan", halting(dust, registerStep(1))),
    http: 200,
    code: OK,
    same: true,
  },
  {
    name: "a plan of steps that carry what intents know, and of fields that are null",
    ask: to(
      "plan",
      steps(
        { ...dust, memo: "rent", msg: "{}", min_gas: "30000000000000", deadline: "2030-01-01T00:00:00Z" },
        { ...dust, memo: null, msg: null, min_gas: null, deadline: null, gas: null, gate_batch: null },
      ),
    ),
    http: 200,
    code: OK,
    same: true,
  },
  {
    name: "a plan of a step with a field that it cannot carry",
    ask: to("plan", steps({ ...dust, deposit_memo: "1" })),
    http: 200,
    code: OK,
    same: true,
  },
  { name: "a plan that is accepted", ask: to("plan", steps(dust, registerStep(1))), http: 200, code: OK, same: true },
  {
    name: "a plan that is not accepted",
    ask: to("plan", steps({ receiver_id: "count.mike.near", method_name: "increase" })),
    http: 200,
    code: OK,
    same: true,
  },
  {
    name: "a preflight of gate and operator",
    ask: asks({ call: "preflight", headers: worker() }),
    http: 200,
    code: OK,
    same: true,
    still: true,
  },
  {
    name: "a preflight of a workflow",
    ask: to("preflight", steps(dust)),
    http: 200,
    code: OK,
    same: true,
    still: true,
  },
  {
    name: "a preflight of a workflow that would fail",
    ask: to("preflight", steps(transfer("999999999999999999999999999999"))),
    http: 200,
    code: OK,
    same: true,
    still: true,
  },
  {
    name: "a workflow that succeeds",
    ask: to("execute", steps(dust, dust)),
    http: 200,
    code: OK,
    record: { status: "succeeded", balance_deltas: { "nep141:wrap.near:intents": "-2000000000000000000" } },
  },
  {
    name: "a workflow for an API key",
    ask: to("execute", steps(dust), withApiKey),
    http: 200,
    code: OK,
    record: { status: "succeeded", wallet_id: "wallet-1" },
  },
  {
    name: "a workflow that is rejected",
    ask: to("execute", steps({ receiver_id: "count.mike.near", method_name: "increase" })),
    http: 400,
    code: OK,
    message: ambiguous,
    record: { status: "rejected", error_code: "planner_rejected" },
  },
  {
    name: "a workflow that policy denies",
    ask: to("execute", steps(dust), limited),
    http: 400,
    code: OK,
    message: `policy denied before signing: Per-transaction limit exceeded for ${dust.token}: ${dust.amount} > 5`,
    record: { status: "policy_denied" },
  },
  {
    name: "a workflow that wants approvals",
    ask: to("execute", steps(dust), approved),
    http: 409,
    code: OK,
    message: "the wallet's policy requires 2 approvals for this workflow",
    record: { status: "requires_approval" },
  },
  {
    name: "a workflow that wants funding first",
    ask: to("execute", steps(funding)),
    http: 409,
    code: OK,
    message: /POST \/wallet\/v1\/call/,
    record: { status: "requires_funding_setup" },
  },
  {
    name: "a workflow that wants the user first",
    ask: to("execute", steps(directUser)),
    http: 409,
    code: OK,
    message: /./,
    record: { status: "requires_direct_user_setup" },
  },
  {
    name: "a workflow with a field that its step cannot carry",
    ask: to("execute", steps({ ...dust, deposit_memo: "1" })),
    http: 400,
    code: OK,
    message: "steps[0].deposit_memo is not supported on intents.transfer steps",
    record: { status: "rejected", error_code: "planner_rejected" },
  },
  {
    name: "a workflow without the tokens",
    ask: to("execute", steps(dust, transfer("999999999999999999999999999999"))),
    http: 400,
    code: OK,
    message: /^step 2 of 2 moves 999999999999999999999999999999 of nep141:wrap.near, but only \d+ would be left/,
    record: { status: "failed", error_code: "insufficient_balance" },
  },
  {
    name: "a workflow that goes step by step",
    ask: to("execute", halting(dust, registerStep(1))),
    http: 200,
    code: OK,
    record: { status: "succeeded", ordering_model: "gate_stepwise" },
  },
  {
    name: "a batch that succeeds",
    ask: to("batch", batchOf({ post_batch_view_checks: [balanceOfMike] })),
    http: 200,
    code: OK,
    record: { status: "succeeded", endpoint: "sequential_batch" },
  },
  {
    name: "a request that is sent again",
    async ask({ rest, key }) {
      const again = { call: "execute", body: steps(dust), keys: [key], headers: worker() } as const;
      await rest(again);
      return again;
    },
    http: 200,
    code: OK,
    record: { status: "succeeded" },
    same: true,
  },
  {
    name: "a record",
    ask: async (run) => ({ call: "record", id: await recordId(run), headers: worker() }),
    http: 200,
    code: OK,
    record: { status: "succeeded" },
    same: true,
  },
  {
    name: "the record of a batch",
    async ask({ rest, key }) {
      const { answer } = await rest({ call: "batch", body: batchOf({}), keys: [key], headers: worker() });
      assert.ok(answer !== undefined && "request_id" in answer);
      return { call: "batch_record", id: String(answer.request_id), headers: worker() };
    },
    http: 200,
    code: OK,
    record: { status: "succeeded", endpoint: "sequential_batch" },
    same: true,
  },
  {
    name: "the events of a workflow",
    ask: async (run) => ({ call: "events", id: await recordId(run), headers: worker() }),
    http: 200,
    code: OK,
    same: true,
  },
];

const refusedBatches: readonly [body: string, message: string][] = [
  [batchOf({ gate_id: "" }), "gate_id is required"],
  [batchOf({ gate_id: "gate.other.near" }), `gate_id must be ${gateId}`],
  [batchOf({ calls: [] }), "sequential batch requires 1 to 3 calls"],
  [batchOf({ calls: Array(4).fill(setRegister(1)) }), "sequential batch requires 1 to 3 calls"],
  [changed({ receiver_id: "" }), "calls[0].receiver_id is required"],
  [changed({ method_name: "" }), "calls[0].method_name is required"],
  [changed({ gas: "0" }), "calls[0].gas must be non-zero"],
  [changed({ deposit: "x" }), "calls[0].deposit must be a decimal string"],
  [
    changed({ requires_user_predecessor: true }),
    "calls[0] requires user predecessor, which the gate proxy cannot satisfy",
  ],
  [changed({ args_base64: "" }), "calls[0] must include exactly one of args_base64, args_json, or near_intents"],
  [
    changed({ args_json: null, near_intents: { intents: [] } }),
    "calls[0].near_intents requires intents.near.execute_intents with zero deposit",
  ],
  [
    batchOf({ post_batch_view_checks: [{ contract_id: "register.near", method_name: "" }] }),
    "post_batch_view_checks[0].method_name is required",
  ],
];

const batches = refusedBatches.map(
  ([body, message]): Row => ({
    name: `a batch: ${message}`,
    ask: to("batch", body),
    http: 400,
    code: OK,
    message,
    record: { status: "rejected", error_code: "planner_rejected" },
  }),
);

const cancels: readonly Row[] = [
  {
    name: "a workflow that succeeded: too late, and left as it is",
    ask: async (run) => ({ call: "cancel", id: await recordId(run), headers: worker() }),
    http: 200,
    code: OK,
    record: { status: "succeeded", cancel_requested: false },
    same: true,
  },
  {
    name: "a workflow by its id in upper case",
    ask: async (run) => ({ call: "cancel", id: (await recordId(run)).toUpperCase(), headers: worker() }),
    http: 200,
    code: OK,
    record: { status: "succeeded", cancel_requested: false },
    same: true,
  },
  {
    name: "a workflow that never ran",
    ask: async (run) => ({ call: "cancel", id: await recordId(run, steps(funding)), headers: withApiKey }),
    http: 200,
    code: OK,
    record: { status: "requires_funding_setup", cancel_requested: false },
    same: true,
  },
];

describeShapes("REST and gRPC", (shape) => {
  const suite = new ParitySuite(shape);
  suite.describeRows("answer alike", [...answers, ...batches]);
  suite.describeRows("cancel alike", cancels);

  it("share idempotency keys: what came by REST is found by gRPC, as text and as message", async () => {
    const headers = worker();
    const { answer } = await overRest(suite.system)({ call: "execute", body: steps(dust), keys: ["shared"], headers });
    assert.ok(answer !== undefined && "request_id" in answer);
    for (const form of [{ workflow_json: steps(dust) }, { workflow: { steps: [dust] } }]) {
      const request = { ...form, idempotency_keys: ["shared"] };
      const { record, created } = await call(suite.clients.planner, "ExecuteWorkflow", request, walletMetadata());
      assert.deepEqual([record.request_id, created], [answer.request_id, false]);
    }
  });

  it("tell of the same history", async () => {
    const headers = worker();
    const rest = overRest(suite.system);
    const { answer: record } = await rest({ call: "execute", body: steps(dust), headers });
    assert.ok(record !== undefined && "request_id" in record);
    const id = String(record.request_id);
    const { answer: events } = await rest({ call: "events", id, headers });
    assert.ok(Array.isArray(events));
    const { entries } = await call(suite.clients.records, "GetHistory", { request_id: id }, walletMetadata());
    assert.deepEqual(
      entries.map(({ version, hash }: { version: string; hash: string }) => [Number(version), hash]),
      events.map(({ version, head_hash }) => [version, head_hash]),
    );
    assert.equal(entries.at(-1).hash, record.head_hash);
    const unknown = await call(suite.clients.records, "GetHistory", { request_id: unknownId }, walletMetadata()).catch(
      (error) => error,
    );
    assert.deepEqual([unknown.code, unknown.details], [NOT_FOUND, `workflow request ${unknownId} was not found`]);
  });
});
