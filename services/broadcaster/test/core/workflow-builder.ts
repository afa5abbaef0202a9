import { create } from "@bufbuild/protobuf";
import { EventSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { GateCallSchema } from "@outlayer/contracts/outlayer/workflow/v1/call";
import type { SubmissionView } from "../../src/core/chain/submission-view.ts";
import type { Wishes } from "../../src/core/gate/resumption.ts";
import type { EventInit } from "../../src/core/workflow/action.ts";
import { foldWorkflow, type WorkflowState } from "../../src/core/workflow/state.ts";
import type { BlockPlace, View, World } from "../../src/core/workflow/world.ts";

export const requestId = "0192f3c0-0000-7000-8000-000000000001";
/** Payload deadlines and delegate heights of the workflows built here. */
export const deadlineMs = 1_300_000;
export const maxBlockHeight = 1180n;

export type Kind = "intents" | "plain";

/** A workflow whose steps are intents or plain calls, after these events. */
export function workflow(
  kinds: readonly Kind[],
  events: readonly EventInit[],
  wishes: Partial<Wishes> = {},
): WorkflowState {
  const calls = kinds.map((kind) =>
    create(GateCallSchema, {
      receiverId: kind === "intents" ? "intents.near" : "t.near",
      methodName: "m",
      gas: "1",
      deposit: "0",
      payload:
        kind === "intents"
          ? { case: "intents", value: { intentsJson: "[]" } }
          : { case: "args", value: new Uint8Array() },
    }),
  );
  const opened: EventInit = { case: "opened", value: { endpoint: "workflow", walletId: "w", calls, ...wishes } };
  const log = [opened, ...events].map((kind, index) => ({
    version: index + 1,
    atMs: 1_000_000,
    event: create(EventSchema, { kind }),
  }));
  return foldWorkflow(requestId, log);
}

export const transaction = (hash: string, nonce = 1n) => ({
  hash,
  signerId: "relayer.near",
  publicKey: "ed25519:k",
  nonce,
  blockHash: "base",
  blockHeight: 990n,
});

export const taken: EventInit = { case: "taken", value: { driverId: "d", epoch: 1n } };
export const allowed: EventInit = {
  case: "policyAllowed",
  value: { accountId: "alice", publicKey: "ed25519:a", checkedAtMs: 1_000_000n },
};
export const admitted: EventInit = { case: "admitted", value: { gateVersion: 1n, finalHeight: 1000n, feeYocto: "30" } };

/** As a workflow that resumes its intents one by one. */
export const admittedSingly: EventInit = {
  case: "admitted",
  value: { finalHeight: 1000n, feeYocto: "30", resumption: "single" },
};

/** A resume of step i's intent alone, as transaction `r{i}`. */
export const singly = (step: number, mode: "single" | "reject" = "single"): EventInit => ({
  case: "resumePrepared",
  value: { transaction: transaction(`r${step}`), mode, intentIds: [String(40 + step)], feeYocto: "30" },
});

export function signing(kinds: readonly Kind[]): EventInit {
  const steps = kinds.map((kind, index) => ({
    ...(kind === "intents" ? { nonce: `nonce-${index}`, deadlineMs: BigInt(deadlineMs) } : {}),
    delegateNonce: BigInt(100 + index),
    maxBlockHeight,
  }));
  return { case: "signingPrepared", value: { steps } };
}

export function signed(kinds: readonly Kind[]): EventInit {
  const steps = kinds.map((kind, index) => ({
    signedDelegateBase64: `delegate-${index}`,
    delegateNonce: BigInt(100 + index),
    maxBlockHeight,
    ...(kind === "intents"
      ? {
          payload: {
            payloadJson: "{}",
            intentHash: `hash-${index}`,
            nonce: `nonce-${index}`,
            deadlineMs: BigInt(deadlineMs),
          },
        }
      : {}),
  }));
  return { case: "signed", value: { steps } };
}

export function submissions(...steps: readonly number[]): EventInit {
  const sent = steps.map((step) => ({ step, transaction: transaction(`s${step}`, BigInt(step + 1)) }));
  return { case: "submissionsPrepared", value: { submissions: sent } };
}

/** Step i accepted as intent 40+i in block `a{i}`, at a height of its own. */
export function acceptedAt(height: number, ...steps: readonly number[]): EventInit {
  const seen = steps.map((step) => ({
    step,
    txHash: `s${step}`,
    signerId: "relayer.near",
    intentId: String(40 + step),
    blockHash: `a${step}`,
    blockHeight: BigInt(height),
  }));
  return { case: "submissionsAccepted", value: { steps: seen } };
}

export const resumed = (hash = "resume"): EventInit => ({
  case: "resumePrepared",
  value: { transaction: transaction(hash), mode: "chain", intentIds: ["40"], feeYocto: "30" },
});
export const started = (blockHeight: number, txHash = "resume"): EventInit => ({
  case: "resumeStarted",
  value: { txHash, blockHeight: BigInt(blockHeight) },
});

export function resolved(step: number, error?: string): EventInit {
  const status = error === undefined ? { status: "success" } : { status: "failure", error };
  return { case: "stepResolved", value: { step, dispatchBlockHeight: 1010n, receipt: { intentId: "4", ...status } } };
}

/** Everything up to a state in which all steps are accepted at height 1003. */
export function pending(kinds: readonly Kind[]): EventInit[] {
  const all = [...kinds.keys()];
  return [taken, allowed, admitted, signed(kinds), submissions(...all), acceptedAt(1003, ...all)];
}

export type WorldInit = Partial<Omit<World, "view" | "final">> & {
  readonly view?: Partial<View>;
  readonly finalHeight?: number;
  readonly finalMs?: number;
  readonly nonceUse?: ReadonlyMap<number, { used: boolean; timeMs: number; height?: number; mayBeForgotten?: boolean }>;
  readonly blocks?: Readonly<Record<string, BlockPlace>>;
};

/** A world at head 1005, in which nothing was looked at yet. */
export function world(init: WorldInit = {}): World {
  const { view, finalHeight, finalMs, blocks = {}, ...rest } = init;
  const head = init.head ?? 1005;
  const height = finalHeight ?? head - 2;
  const nonceUse = new Map(
    [...(init.nonceUse ?? [])].map(([step, use]) => [step, [{ height, mayBeForgotten: false, ...use }]]),
  );
  return {
    nowMs: 1_001_000,
    blockMs: 600,
    head,
    final: { height, timeMs: finalMs ?? 1_001_000, nonceUse },
    block: (hash) => blocks[hash] ?? { height: 1003, state: "final" },
    turn: false,
    isAwaited: true,
    rejectLeftovers: false,
    settings: {
      gateId: "gate.near",
      verifierId: "intents.near",
      pollTimeoutMs: 60_000,
      settleByCancel: false,
      delegateValidityBlocks: 180,
    },
    ...rest,
    view: {
      submissions: new Map(),
      resumes: new Map(),
      cancels: new Map(),
      lookedAt: new Map(),
      sentAt: new Map(),
      provenAt: new Map(),
      groundFoundAt: new Map(),
      burntAt: new Map(),
      adoptions: new Map(),
      forgotten: new Set(),
      noncesReadAt: undefined,
      cancelTriedAt: undefined,
      rejectTriedAt: undefined,
      ...view,
    },
  };
}

export function seen(view: Partial<SubmissionView> = {}): SubmissionView {
  return {
    submission: { kind: "pending" },
    dispatch: undefined,
    continued: undefined,
    closed: undefined,
    callbackFailed: undefined,
    tokensBurnt: 0n,
    ...view,
  };
}

export const seenAccepted = (intentId = "40", blockHash = "a0") =>
  seen({ submission: { kind: "accepted", intentId, blockHash } });

export function seenDispatched(error?: string): SubmissionView {
  const result =
    error === undefined
      ? ({ kind: "success", blockHash: "t" } as const)
      : ({ kind: "failure", error, blockHash: "t" } as const);
  const aftermath = { kind: "none" } as const;
  const target = { receiptId: "receipt", blockHash: "t", logs: [], result, promised: false, aftermath };
  return { ...seenAccepted(), dispatch: { blockHash: "d", target } };
}
