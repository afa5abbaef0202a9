import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { RecordSchema } from "@outlayer/contracts/outlayer/workflow/v1/record";
import { endpoints, errorCodes, statuses, stepOutcomes } from "@outlayer/workflow";
import fc from "fast-check";

export type RecordInit = Exclude<MessageInitShape<typeof RecordSchema>, { readonly $typeName: string }>;

export const requestId = "0192f3c0-7c1e-7000-8000-000000000000";

export const succeeded: RecordInit = {
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
  gateId: "gate.near",
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
  fees: { gateFeeYocto: "30000000000000000000000", gasBurntYocto: "1", forgottenTxHashes: ["t"] },
  statusUrl: `/wallet/v1/workflows/${requestId}`,
  version: 12n,
  headHash: "ab",
  createdAt: timestampFromMs(1_777_000_000_123),
  updatedAt: timestampFromMs(1_777_000_001_000),
};

export const text = fc.string();
export const some = <T>(value: fc.Arbitrary<T>) => fc.array(value, { maxLength: 3 });
export const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
export const height = fc.bigInt({ min: 0n, max: 2n ** 53n - 1n });
export const time = fc.integer({ min: 0, max: 4_000_000_000_000 }).map((ms) => timestampFromMs(ms));

const object = fc.dictionary(
  text.filter((key) => key !== "__proto__"),
  fc.jsonValue({ maxDepth: 2 }),
);

/** A message's fields, those that are optional set or not. */
export const fields = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model).map((value) => Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)));

export const outcome = fc.oneof(
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

export const queue = fields({ position: fc.nat(), expectedStartHeight: maybe(height), waitingFor: text });

const estimate = fields({
  gateFeeYocto: maybe(text),
  attachedGas: maybe(text),
  expectedBlocks: fc.integer({ min: 1, max: 1000 }),
});

export const plan = fields({
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
  gateId: maybe(text),
  estimates: maybe(fields({ chained: maybe(estimate), stepwise: maybe(estimate) })),
});

export const record = fields({
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
  gateId: maybe(text),
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
  fees: maybe(fields({ gateFeeYocto: text, gasBurntYocto: text, forgottenTxHashes: fc.array(text) })),
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
