import { createHash } from "node:crypto";
import { sessionKey } from "@outlayer/access";

export const gateId = "gate.sequential.near";
export const internalToken = "internal-token-of-the-gateway-0123456789";
export const apiKey = "wk_live_0123456789abcdefghij";
export const hashedApiKey = "wk_live_9876543210abcdefghij";

export const sha256Hex = (text: string) => createHash("sha256").update(text).digest("hex");

/** How sessions are issued and checked. */
export const sessionTerms = { keys: [sessionKey(new Uint8Array(32).fill(9))], audience: "wallet.example" };

/** The headers of a worker that acts for a wallet. */
export const worker = (walletId = "wallet-1") => ({
  "x-wallet-id": walletId,
  "x-internal-wallet-auth": internalToken,
});

export const transferStep = {
  kind: "intents.transfer",
  token: "nep141:wrap.near",
  amount: "1",
  receiver_id: "mike.near",
};
export const transfer = { steps: [transferStep] };
export const fundingStep = { kind: "funding.wrap_near", amount: "1" };
export const directUserStep = {
  kind: "near.function_call",
  receiver_id: "pool.near",
  method_name: "withdraw",
  predecessor_requirement: "user_required",
};
export const ambiguousStep = { receiver_id: "count.mike.near", method_name: "increase" };
export const ambiguous = "ambiguous normal calls must be classified before policy checks or signing";

export const batchCall = {
  receiver_id: "intents.near",
  method_name: "execute_intents",
  near_intents: { intents: [{ intent: "transfer", receiver_id: "mike.near", tokens: { "nep141:wrap.near": "1" } }] },
  gas: "100000000000000",
  deposit: "0",
};
export const batch = { gate_id: gateId, calls: [batchCall] };

export const paths = {
  plan: "/wallet/v1/workflows/plan",
  execute: "/wallet/v1/workflows/execute",
  batch: "/wallet/v1/sequential-batch",
  workflow: (id: string) => `/wallet/v1/workflows/${id}`,
  batchRecord: (id: string) => `/wallet/v1/sequential-batch/${id}`,
  events: (id: string) => `/wallet/v1/workflows/${id}/events`,
};
/** Nobody's. */
export const unknownId = "0192f3c0-7c1e-7000-8000-0000000000ff";
