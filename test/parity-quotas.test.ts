import { status } from "@grpc/grpc-js";
import { scope } from "./support/direct-user.ts";
import type { Asked } from "./support/parity.ts";
import { asks, batchOf, json, ParitySuite, type Row, steps, worker } from "./support/parity-suite.ts";
import { describeShapes } from "./support/shapes.ts";
import { dust } from "./support/steps.ts";

const { RESOURCE_EXHAUSTED } = status;

/** Wallets that may do nothing of a kind. */
const without = {
  "without-open": { open_workflows: 0 },
  "without-starts": { starts_per_hour: 0 },
  "without-plans": { plans_per_minute: 0 },
  "without-near": { operator_near_per_day: "0" },
};
const startingCalls: readonly Asked[] = [
  ...["without-open", "without-starts", "without-near"].flatMap((walletId) => [
    { call: "execute", body: steps(dust), headers: worker(walletId) } as const,
    { call: "batch", body: batchOf({}), headers: worker(walletId) } as const,
  ]),
  // The gas of a user's call is the user's.
  ...["without-open", "without-starts"].map(
    (walletId) => ({ call: "direct", body: json(scope), headers: worker(walletId) }) as const,
  ),
];
const planningCalls: readonly Asked[] = [
  { call: "plan", body: steps(dust), headers: worker("without-plans") },
  { call: "preflight", body: steps(dust), headers: worker("without-plans") },
  { call: "preflight", headers: worker("without-plans") },
  { call: "key", body: json(scope), headers: worker("without-plans") },
  { call: "key_status", scope, headers: worker("without-plans") },
];
const quotaOf: Readonly<Record<string, Pick<Row, "quota" | "message"> & { windowSecs?: number }>> = {
  "without-open": {
    quota: "open_workflows",
    message: "the wallet has 0 workflows that have not ended, which is its quota open_workflows: nothing was recorded",
  },
  "without-starts": {
    quota: "starts_per_hour",
    message:
      "the wallet has started 0 requests in this UTC hour, which is its quota starts_per_hour: nothing was recorded",
    windowSecs: 3_600,
  },
  "without-plans": {
    quota: "plans_per_minute",
    message:
      "the wallet has asked for 0 plans or preflights in this UTC minute, which is its quota plans_per_minute: nothing was recorded",
    windowSecs: 60,
  },
  "without-near": {
    quota: "operator_near_per_day",
    message:
      "what the wallet has cost the operator in this UTC day, with what its open workflows may cost, leaves too little of its quota operator_near_per_day (0 NEAR): nothing was recorded",
    windowSecs: 86_400,
  },
};
const quotas = [...startingCalls, ...planningCalls].map((asked): Row => {
  const walletId = asked.headers["x-wallet-id"] ?? "";
  const kind = asked.call === "preflight" && asked.body === undefined ? "preflight of gate and operator" : asked.call;
  return {
    name: `${kind}: a wallet ${walletId.replace("-", " ")} left`,
    ask: asks(asked),
    http: 429,
    code: RESOURCE_EXHAUSTED,
    reason: "QUOTA_EXCEEDED",
    ...quotaOf[walletId],
  };
});

describeShapes("REST and gRPC", (shape) => {
  const suite = new ParitySuite(shape, without);
  suite.describeRows("refuse alike what a quota does not let a wallet do", quotas);
});
