import type { sequentialBatchRequestSchema, workflowRequestSchema } from "@outlayer/workflow";
import type { z } from "zod";
import type { Example, Named } from "../types.ts";

const transfer = {
  steps: [{ kind: "intents.transfer", token: "nep141:wrap.near", amount: "1", receiver_id: "mike.near" }],
  idempotency_key: "dust-1",
} satisfies z.infer<typeof workflowRequestSchema>;

const swapThenTransfer = {
  steps: [
    {
      kind: "intents.swap",
      token_in: "nep141:wrap.near",
      token_out: "nep141:usdt.tether-token.near",
      amount_in: "1000000000000000000",
      min_amount_out: "2500000",
      deposit_address: "0xbff77166b39599e54e391156eef7b8191e02be92",
    },
    {
      kind: "intents.transfer",
      token: "nep141:usdt.tether-token.near",
      amount: "1000000",
      receiver_id: "mike.near",
      memo: "rent",
    },
  ],
  idempotency_key: "rent-2026-04",
} satisfies z.infer<typeof workflowRequestSchema>;

const explicitCall = {
  steps: [
    {
      receiver_id: "count.mike.near",
      method_name: "increase",
      route: "gate_proxy",
      args_json: {},
      gas: "30000000000000",
      deposit: "0",
    },
  ],
  idempotency_key: "count-1",
} satisfies z.infer<typeof workflowRequestSchema>;

const halting = {
  steps: [
    {
      kind: "intents.swap",
      token_in: "nep141:wrap.near",
      token_out: "nep141:usdt.tether-token.near",
      amount_in: "1000000000000000000",
      min_amount_out: "2500000",
      deposit_address: "0xbff77166b39599e54e391156eef7b8191e02be92",
    },
    { kind: "intents.transfer", token: "nep141:wrap.near", amount: "1", receiver_id: "mike.near" },
  ],
  on_failure: "halt",
  idempotency_key: "halting-1",
} satisfies z.infer<typeof workflowRequestSchema>;

const ownPayload = {
  steps: [
    {
      kind: "intents.execute_signed",
      payloads: [
        {
          standard: "raw_ed25519",
          payload:
            '{"signer_id":"alice.near","verifying_contract":"intents.near","deadline":"2026-04-24T20:00:00Z","nonce":"Vij2xgAlKBKzADZykFdbpB8CcBXsE9wRhklzE4/mgS8=","intents":[]}',
          public_key: "ed25519:5TagutioHgKLh7KZ1VEFBYfgRkPtqnKm9LoMnJMJugxm",
          signature: "ed25519:…",
        },
      ],
    },
  ],
  idempotency_key: "own-1",
} satisfies z.infer<typeof workflowRequestSchema>;

export const workflowExamples: Named<Example> = {
  transfer: { summary: "Send tokens within the verifier", value: transfer },
  swap: { summary: "Swap, then pay from what came of it", value: swapThenTransfer },
  halting: { summary: "Stop at the first step that fails", value: halting },
  own: { summary: "As a session: carry what its account has signed", value: ownPayload },
  explicit: { summary: "Call a contract that takes the gate as its caller", value: explicitCall },
};

export function batchRequest(gateId: string) {
  return {
    gate_id: gateId,
    calls: [
      {
        receiver_id: "intents.near",
        method_name: "execute_intents",
        near_intents: {
          intents: [{ intent: "transfer", receiver_id: "mike.near", tokens: { "nep141:wrap.near": "1" } }],
        },
        gas: "100000000000000",
        deposit: "0",
      },
    ],
    idempotency_key: "batch-1",
  } satisfies z.infer<typeof sequentialBatchRequestSchema>;
}
