import assert from "node:assert/strict";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { ProgressEventSchema } from "@outlayer/contracts/outlayer/progress/v1/progress";
import { PlanSchema } from "@outlayer/contracts/outlayer/workflow/v1/plan";
import { RecordSchema } from "@outlayer/contracts/outlayer/workflow/v1/record";
import {
  endpoints,
  errorBodySchema,
  errorCodes,
  planJson,
  planSchema,
  progressEventJson,
  progressEventSchema,
  recordErrorBodySchema,
  recordJson,
  recordSchema,
  statuses,
  stepOutcomes,
} from "@outlayer/workflow";
import fc from "fast-check";
import { z } from "zod";

type RecordInit = Exclude<MessageInitShape<typeof RecordSchema>, { readonly $typeName: string }>;

const requestId = "0192f3c0-7c1e-7000-8000-000000000000";

const succeeded: RecordInit = {
  requestId,
  endpoint: "workflow",
  walletId: "wallet-1",
  idempotencyKey: "dust-1",
  status: "succeeded",
  persistedBeforeSigning: true,
  originalRequestText: '{"steps":[{"kind":"intents.transfer","note":null}]}',
  workflowText: '{"steps":[]}',
  planJson: {
    accepted: true,
    executable: true,
    steps: [
      {
        lane: "gate_proxy",
        predecessorModel: "gate",
        orderingModel: "gate_chained",
        receiverId: "intents.near",
        methodName: "execute_intents",
        policyType: "call",
      },
    ],
  },
  proxyPredecessor: true,
  predecessorModel: "gate",
  orderingModel: "gate_chained",
  signedNep413Payloads: ["{}"],
  signedNep366Delegates: ["QAAAAG"],
  submitTxHashes: ["9fK2"],
  intentIds: ["41"],
  resumeTxHash: "Hq3v",
  resumeTxHashes: ["Hq3v"],
  dispatchReceipts: [
    {
      intentId: "41",
      receiptId: "5rTn",
      receiverId: "intents.near",
      methodName: "execute_intents",
      blockHeight: 200000124n,
      status: "success",
      logs: ["EVENT_JSON:{}"],
    },
  ],
  dispatchBlockHeights: [200000123n],
  stepOutcomes: [{ outcome: "succeeded" }],
  balanceDeltas: { "nep141:wrap.near:intents": "-1" },
  balanceViews: { "nep141:wrap.near:intents": { before: "5", after: "4" } },
  postBatchViewResults: [
    { contractId: "a.near", methodName: "v", resultJson: '{"a":[1]}', matches: false, blockHeight: 9n },
    { contractId: "a.near", methodName: "w", error: "no such method", blockHeight: 9n },
    { contractId: "a.near", methodName: "x", resultJson: "not JSON", blockHeight: 9n },
  ],
  fees: { gateFeeYocto: "30000000000000000000000", gasBurntYocto: "1" },
  statusUrl: `/wallet/v1/workflows/${requestId}`,
  version: 12n,
  headHash: "ab",
  createdAt: timestampFromMs(1_777_000_000_123),
  updatedAt: timestampFromMs(1_777_000_001_000),
};

describe("the record as JSON", () => {
  it("says of a request that requires approval how many, and of what", () => {
    const approval = { requiredApprovals: 2, requestHash: "ab" };
    const record = create(RecordSchema, { ...succeeded, status: "requires_approval", approval });
    assert.deepEqual(recordJson(record).approval, { required_approvals: 2, request_hash: "ab" });
  });

  it("has every field, with numbers as numbers and times to the millisecond", () => {
    assert.deepEqual(recordJson(create(RecordSchema, succeeded)), {
      request_id: requestId,
      endpoint: "workflow",
      wallet_id: "wallet-1",
      idempotency_key: "dust-1",
      status: "succeeded",
      user_visible_error: null,
      error_code: null,
      persisted_before_signing: true,
      original_request_json: { steps: [{ kind: "intents.transfer", note: null }] },
      workflow_json: { steps: [] },
      plan_json: {
        accepted: true,
        executable: true,
        steps: [
          {
            lane: "gate_proxy",
            predecessor_model: "gate",
            ordering_model: "gate_chained",
            receiver_id: "intents.near",
            method_name: "execute_intents",
            policy_type: "call",
          },
        ],
        setup_requirements: [],
        unchecked: [],
        estimates: null,
      },
      proxy_predecessor: true,
      predecessor_model: "gate",
      ordering_model: "gate_chained",
      signed_nep413_payloads: ["{}"],
      signed_nep366_delegates: ["QAAAAG"],
      submit_tx_hashes: ["9fK2"],
      intent_ids: ["41"],
      resume_tx_hash: "Hq3v",
      resume_tx_hashes: ["Hq3v"],
      dispatch_receipts: [
        {
          intent_id: "41",
          receipt_id: "5rTn",
          receiver_id: "intents.near",
          method_name: "execute_intents",
          block_height: 200000124,
          status: "success",
          logs: ["EVENT_JSON:{}"],
          error: null,
        },
      ],
      dispatch_block_heights: [200000123],
      step_outcomes: [{ outcome: "succeeded", error: null, possible_until: null }],
      balance_deltas: { "nep141:wrap.near:intents": "-1" },
      balance_views: { "nep141:wrap.near:intents": { before: "5", after: "4", ambiguous: false } },
      post_batch_view_results: [
        {
          contract_id: "a.near",
          method_name: "v",
          result: { a: [1] },
          error: null,
          outcome: "answered",
          matches: false,
          block_height: 9,
        },
        {
          contract_id: "a.near",
          method_name: "w",
          result: null,
          error: "no such method",
          outcome: "failed",
          matches: null,
          block_height: 9,
        },
        {
          contract_id: "a.near",
          method_name: "x",
          result: "not JSON",
          error: null,
          outcome: "answered",
          matches: null,
          block_height: 9,
        },
      ],
      approval: null,
      queue: null,
      fees: { gate_fee_yocto: "30000000000000000000000", gas_burnt_yocto: "1" },
      direct_user_scope: {},
      direct_user_evidence: {},
      direct_signed_transactions: [],
      status_url: `/wallet/v1/workflows/${requestId}`,
      retry_after_ms: null,
      version: 12,
      head_hash: "ab",
      cancel_requested: false,
      cancel_tx_hashes: [],
      created_at: "2026-04-24T03:06:40.123Z",
      updated_at: "2026-04-24T03:06:41.000Z",
    });
  });

  it("says null where a step has none, and where the record has none", () => {
    const json = recordJson(
      create(RecordSchema, {
        ...succeeded,
        status: "queued",
        signedNep366Delegates: ["", "x"],
        submitTxHashes: ["", "x"],
        intentIds: ["", "7"],
        dispatchReceipts: [{}, { intentId: "7" }],
        dispatchBlockHeights: [0n, 3n],
        stepOutcomes: [{}, { outcome: "still_possible", error: "e", possibleUntil: "u" }],
        queue: { position: 2, waitingFor: "turn" },
        retryAfterMs: 2000,
        balanceViews: { t: { before: "1" } },
      }),
    );
    assert.deepEqual(json.signed_nep366_delegates, [null, "x"]);
    assert.deepEqual(json.submit_tx_hashes, [null, "x"]);
    assert.deepEqual(json.intent_ids, [null, "7"]);
    assert.equal((json.dispatch_receipts as unknown[])[0], null);
    assert.deepEqual(json.dispatch_block_heights, [null, 3]);
    assert.deepEqual(json.step_outcomes, [null, { outcome: "still_possible", error: "e", possible_until: "u" }]);
    assert.deepEqual(json.queue, { position: 2, expected_start_height: null, waiting_for: "turn" });
    assert.equal(json.retry_after_ms, 2000);
    assert.deepEqual(json.balance_views, { t: { before: "1", after: null, ambiguous: false } });
  });

  it("has of a batch refused by its own rules no more of a plan than that", () => {
    assert.deepEqual(planJson(create(PlanSchema)), { accepted: false, steps: [] });
    assert.deepEqual(planJson(undefined), { accepted: false, steps: [] });
  });

  it("has of an empty workflow the whole plan", () => {
    assert.deepEqual(planJson(create(PlanSchema, { accepted: true })), {
      accepted: true,
      executable: false,
      steps: [],
      setup_requirements: [],
      unchecked: [],
      estimates: null,
    });
  });

  it("says what a plan takes either way, and null for what is not known or not possible", () => {
    const stepwise = { gateFeeYocto: "90", attachedGas: "1050", expectedBlocks: 16 };
    const shown = (estimates: object) => planJson(create(PlanSchema, { accepted: true, estimates })).estimates;
    assert.deepEqual(shown({ stepwise }), {
      chained: null,
      stepwise: { gate_fee_yocto: "90", attached_gas: "1050", expected_blocks: 16 },
    });
    assert.deepEqual(shown({ chained: { expectedBlocks: 14 }, stepwise }), {
      chained: { gate_fee_yocto: null, attached_gas: null, expected_blocks: 14 },
      stepwise: { gate_fee_yocto: "90", attached_gas: "1050", expected_blocks: 16 },
    });
  });
});

const text = fc.string();
const some = <T>(value: fc.Arbitrary<T>) => fc.array(value, { maxLength: 3 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const height = fc.bigInt({ min: 0n, max: 2n ** 53n - 1n });
const time = fc.integer({ min: 0, max: 4_000_000_000_000 }).map((ms) => timestampFromMs(ms));
const object = fc.dictionary(
  text.filter((key) => key !== "__proto__"),
  fc.jsonValue({ maxDepth: 2 }),
);
/** A message's fields, those that are optional set or not. */
const fields = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model).map((value) => Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)));

const outcome = fc.oneof(
  fc.constant({}),
  fields({ outcome: fc.constantFrom(...stepOutcomes), error: maybe(text), possibleUntil: maybe(text) }),
);
const receipt = fc.oneof(
  fc.constant({}),
  fields({
    intentId: text,
    receiptId: text,
    receiverId: text,
    methodName: text,
    blockHeight: height,
    status: fc.constantFrom("success", "failure"),
    logs: some(text),
    error: maybe(text),
  }),
);
const queue = fields({ position: fc.nat(), expectedStartHeight: maybe(height), waitingFor: text });
const estimate = fields({
  gateFeeYocto: maybe(text),
  attachedGas: maybe(text),
  expectedBlocks: fc.integer({ min: 1, max: 1000 }),
});
const plan = fields({
  accepted: fc.boolean(),
  executable: fc.boolean(),
  steps: some(
    fields({
      lane: fc.constantFrom("gate_proxy", "reject"),
      predecessorModel: fc.constantFrom("gate", "none"),
      orderingModel: fc.constantFrom("gate_chained", "gate_stepwise", "none"),
      receiverId: text,
      methodName: text,
      policyType: fc.constantFrom("call", "reject"),
      reason: maybe(text),
    }),
  ),
  setupRequirements: some(fields({ step: fc.nat(), requirement: text, route: maybe(text) })),
  unchecked: some(text),
  estimates: maybe(fields({ chained: maybe(estimate), stepwise: maybe(estimate) })),
});
const record = fields({
  requestId: text,
  endpoint: fc.constantFrom(...endpoints),
  walletId: text,
  idempotencyKey: text,
  status: fc.constantFrom(...statuses),
  userVisibleError: maybe(text),
  errorCode: maybe(fc.constantFrom(...errorCodes)),
  persistedBeforeSigning: fc.boolean(),
  originalRequestText: object.map((value) => JSON.stringify(value)),
  workflowText: object.map((value) => JSON.stringify(value)),
  planJson: maybe(plan),
  proxyPredecessor: fc.boolean(),
  predecessorModel: fc.constantFrom("gate", "wallet", "user", "view", "none"),
  orderingModel: fc.constantFrom("gate_chained", "gate_stepwise", "single_tx_atomic", "normal_tx_or_view", "none"),
  signedNep413Payloads: some(text),
  signedNep366Delegates: some(text),
  submitTxHashes: some(text),
  intentIds: some(text),
  resumeTxHash: maybe(text),
  resumeTxHashes: some(text),
  dispatchReceipts: some(receipt),
  dispatchBlockHeights: some(height),
  stepOutcomes: some(outcome),
  balanceDeltas: fc.dictionary(
    text.filter((key) => key !== "__proto__"),
    text,
  ),
  balanceViews: fc.dictionary(
    text.filter((key) => key !== "__proto__"),
    fields({ before: text, after: maybe(text), ambiguous: fc.boolean() }),
  ),
  postBatchViewResults: some(
    fields({
      contractId: text,
      methodName: text,
      resultJson: maybe(fc.oneof(text, fc.json())),
      error: maybe(text),
      matches: maybe(fc.boolean()),
      blockHeight: height,
    }),
  ),
  queue: maybe(queue),
  fees: maybe(fields({ gateFeeYocto: text, gasBurntYocto: text })),
  directUserScope: maybe(object),
  directUserEvidence: maybe(object),
  directSignedTransactions: some(text),
  statusUrl: text,
  retryAfterMs: maybe(fc.nat()),
  version: height.filter((version) => version > 0n),
  headHash: text,
  createdAt: maybe(time),
  updatedAt: maybe(time),
});

describe("the description of the record", () => {
  /** With no field beside those described. */
  const exactly = (schema: z.ZodObject) => schema.strict();

  it("fits every record, with no field missing and none beside", () => {
    fc.assert(
      fc.property(record, (init) => {
        exactly(recordSchema).parse(recordJson(create(RecordSchema, init)));
      }),
    );
  });

  it("fits every plan", () => {
    fc.assert(
      fc.property(plan, (init) => {
        fc.pre(init.accepted === true);
        exactly(planSchema).parse(planJson(create(PlanSchema, init)));
      }),
    );
  });

  it("fits every progress event", () => {
    const event = fields({
      requestId: text,
      version: height.filter((version) => version > 0n),
      at: time,
      event: text,
      status: fc.constantFrom(...statuses),
      terminal: fc.boolean(),
      queue: maybe(queue),
      submitTxHashes: some(text),
      intentIds: some(text),
      resumeTxHash: maybe(text),
      dispatchBlockHeights: some(height),
      stepOutcomes: some(outcome),
      errorCode: maybe(fc.constantFrom(...errorCodes)),
      userVisibleError: maybe(text),
      headHash: text,
    });
    fc.assert(
      fc.property(event, (init) => {
        exactly(progressEventSchema).parse(progressEventJson(create(ProgressEventSchema, init)));
      }),
    );
  });

  it("is the same of a log from before requests were kept as text", () => {
    const { originalRequestText: _sent, workflowText: _planned, ...rest } = succeeded;
    const original = { steps: [{ kind: "intents.transfer", note: null }] };
    const former = create(RecordSchema, { ...rest, originalRequestJson: original, workflowJson: { steps: [] } });
    assert.deepEqual(recordJson(former), recordJson(create(RecordSchema, succeeded)));
  });

  it("fits an error with the whole record, whose status is the record's", () => {
    const message = "steps[0].amount must be greater than zero";
    const problem = { error: message, message, type: "about:blank", title: "Bad Request", detail: message };
    const json = recordJson(create(RecordSchema, { ...succeeded, status: "rejected" }));
    recordErrorBodySchema.parse({ ...json, ...problem, instance: "/wallet/v1/workflows/execute" });
    errorBodySchema.parse({ ...problem, instance: "/wallet/v1/workflows/execute", status: 400 });
  });

  it("can be said in JSON Schema, all of it", () => {
    for (const schema of [recordSchema, planSchema, progressEventSchema, errorBodySchema, recordErrorBodySchema]) {
      assert.doesNotThrow(() => z.toJSONSchema(schema));
    }
  });
});
