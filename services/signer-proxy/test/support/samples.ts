import assert from "node:assert/strict";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type GateCall, GateCallSchema } from "@outlayer/contracts/outlayer/workflow/v1/call";
import type { Approval } from "@outlayer/contracts/outlayer/workflow/v1/policy";
import { verifierNonce } from "@outlayer/near";
import { defaultActionTypes } from "../../src/core/action-types.ts";
import type { PolicyTerms } from "../../src/core/policy-checks.ts";
import { reservedFor, startMs } from "./evidence-word.ts";
import type { TestProxy } from "./proxy.ts";

export const walletId = "wallet-1";
export const requestId = "0192f3c0-7a1b-7c3d-8e4f-0123456789ab";
/** The vector of docs/counterparts/keystore.md: master 32 × 07, wallet-1. */
export const walletAccountId = "e7b729f013ada9da12126519d523e3acb855ec5b47e07b9d70aa359645865427";

export const transfer = (amount: string, receiver_id = "mike.near", token = "nep141:wrap.near") => {
  return { intent: "transfer", receiver_id, tokens: { [token]: amount } };
};

export function plainCall(change: Partial<MessageInitShape<typeof GateCallSchema>> = {}): GateCall {
  return create(GateCallSchema, {
    receiverId: "register.near",
    methodName: "set",
    gas: "30000000000000",
    deposit: "0",
    payload: { case: "args", value: new TextEncoder().encode('{"value":5}') },
    ...change,
  });
}

/** What somebody else signed. */
export const signedBy = (signer_id: string) => {
  const message = JSON.stringify({ signer_id, deadline: "2030-01-01T00:00:00Z", intents: [] });
  return JSON.stringify({ standard: "nep413", payload: { message, nonce: "", recipient: "intents.near" } });
};

/** By what rules policy is asked, unless a test says otherwise. */
export const terms: PolicyTerms = {
  types: defaultActionTypes,
  wrappedNearId: "wrap.near",
  swapTo: "counterparty",
  verifierId: "intents.near",
  accountId: walletAccountId,
};

export interface IntentsOptions {
  readonly counterparty?: readonly string[];
  readonly notAfterMs?: bigint;
}

/** @param intents an array, or the very text */
export function intentsCall(intents: readonly object[] | string, options: IntentsOptions = {}): GateCall {
  const { counterparty = [], notAfterMs } = options;
  return create(GateCallSchema, {
    receiverId: "intents.near",
    methodName: "execute_intents",
    gas: "100000000000000",
    deposit: "0",
    payload: {
      case: "intents",
      value: {
        intentsJson: typeof intents === "string" ? intents : JSON.stringify(intents),
        counterpartySignedJson: [...counterparty],
        ...(notAfterMs === undefined ? {} : { notAfterMs }),
      },
    },
  });
}

export const deadlineMs = startMs + 300_000;

export function nonceUntil(ms: number): Uint8Array {
  return verifierNonce(Uint8Array.of(1, 2, 3, 4), ms, new Uint8Array(15).fill(9));
}

/** What SignStep takes beside wallet, workflow, step, call and grant. */
export const intentsTerms = { intentsNonce: nonceUntil(deadlineMs), intentsDeadlineMs: BigInt(deadlineMs) };
export const delegateTerms = {
  delegateNonce: BigInt(startMs),
  maxBlockHeight: 200_000_180n,
  currentBlockHeight: 200_000_000n,
};

/** What SignStep is called with, for a call that was allowed just now. */
export async function grantedStep({ client }: Pick<TestProxy, "client">, call: GateCall, approval?: Approval) {
  const approved = approval === undefined ? {} : { approval };
  const checked = await client.checkPolicy({ walletId, requestId, calls: [call], ...approved });
  const { verdict } = checked;
  assert.equal(verdict.case, "allowed");
  const terms = call.payload.case === "intents" ? intentsTerms : {};
  return {
    walletId,
    requestId,
    step: 0,
    call,
    grant: verdict.value.grants[0] ?? "",
    reservation: reservedFor(walletId, requestId, checked),
    ...terms,
    ...delegateTerms,
    ...approved,
  };
}
