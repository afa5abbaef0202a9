import { create } from "@bufbuild/protobuf";
import { EventSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { type DirectUserState, foldDirectUser } from "../../src/core/direct-user/state.ts";
import type { EventInit } from "../../src/core/workflow/action.ts";
import type { Logged } from "../../src/core/workflow/state.ts";

export const scope = {
  userId: "mike.near",
  registryId: "mike.sequential.near",
  receiverId: "count.mike.near",
  methodNames: ["increase"],
};
const opened: EventInit = {
  case: "opened",
  value: {
    endpoint: "direct_user_function_call",
    walletId: "wallet-1",
    directUserCall: { scope, methodName: "increase", gas: "30000000000000" },
  },
};
export const taken: EventInit = { case: "taken", value: { driverId: "d", epoch: 1n } };
export const allowed: EventInit = { case: "policyAllowed", value: { accountId: "a", publicKey: "ed25519:k" } };
export const prepared = (hash: string): EventInit => ({
  case: "directUserCallPrepared",
  value: { transaction: { hash, signerId: scope.userId, nonce: 7n, blockHeight: 990n }, countBefore: "4" },
});
export const dead = (txHash: string): EventInit => ({ case: "transactionDead", value: { txHash, ground: "key_gone" } });
const log = (events: readonly EventInit[]): Logged[] =>
  [opened, ...events].map((kind, index) => {
    return { version: index + 1, atMs: 1_000, event: create(EventSchema, { kind }) };
  });
export const directUserState = (events: readonly EventInit[]): DirectUserState => foldDirectUser("r", log(events));
