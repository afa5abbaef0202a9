import type {
  directUserCallRequestSchema,
  directUserKeySchema,
  directUserKeyStatusSchema,
  directUserScopeSchema,
} from "@outlayer/workflow";
import type { z } from "zod";
import type { Example, Named } from "../types.ts";

export const scope = {
  user_id: "mike.near",
  registry_id: "mike.sequential.near",
  receiver_id: "count.mike.near",
  method_names: ["increase"],
} satisfies z.infer<typeof directUserScopeSchema>;

export const call = { ...scope, idempotency_key: "proof-1" } satisfies z.infer<typeof directUserCallRequestSchema>;

const key = {
  public_key: "ed25519:FWhYFvht9CgfsUuo22f8k2iUW3bmDZxJ2UPq5iFdTTEy",
  key_label: "outlayer:wallet-1:direct-user-fc:mike.sequential.near:count.mike.near:v1",
};

const prepared = {
  ...scope,
  method_names_hash: "e20a548f23fa36bc8d5ba48237ec3ee4d4f00087841d3614f81749e3c6c1b47e",
  ...key,
  install_command: `near add-key mike.near ${key.public_key} --contractId count.mike.near --methodNames increase --allowance 0.05 --networkId mainnet`,
  remove_command: `near delete-key mike.near ${key.public_key} --networkId mainnet`,
} satisfies z.infer<typeof directUserKeySchema>;

const installed = {
  ...scope,
  ...key,
  installed: true,
  reason: null,
  message: null,
  allowance_yocto: "50000000000000000000000",
  block_height: 200000124,
} satisfies z.infer<typeof directUserKeyStatusSchema>;

const absent = {
  ...installed,
  installed: false,
  reason: "absent",
  message: "the key is not on mike.near",
  allowance_yocto: null,
} satisfies z.infer<typeof directUserKeyStatusSchema>;

export const scopeExamples: Named<Example> = { counter: { summary: "The counter proof", value: scope } };
export const callExamples: Named<Example> = { counter: { summary: "Count once", value: call } };
export const keyExamples: Named<Example> = { counter: { summary: "The key, and how to install it", value: prepared } };
export const keyStatusExamples: Named<Example> = {
  installed: { summary: "It is there", value: installed },
  absent: { summary: "It is not there", value: absent },
};

export const proof = {
  public_key: key.public_key,
  key_label: key.key_label,
  tx_hash: "9fK2vX1sTq6mB4nD8cZ7yR3wHj5LgPe2aUxWkFtMoNQi",
  count_before: 4,
  count_after: 5,
  block_height: 200000124,
  receipt_id: "5rTnCk8vWm3pXz7sLq2bDf9hYj4gNa6eRuVoPiKtMwHc",
  ambiguous: false,
};

export const noProof = {
  public_key: null,
  key_label: null,
  tx_hash: null,
  count_before: null,
  count_after: null,
  block_height: null,
  receipt_id: null,
  ambiguous: false,
};
