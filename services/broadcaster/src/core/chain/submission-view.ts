import { type Aftermath, type Revocable, readAftermath } from "./aftermath.ts";
import { readTrace, type TraceEvent } from "./gate-trace.ts";
import { type Outcome, type TransactionStatus, tokensBurnt } from "./transaction-status.ts";

/**
 * An intent's life as its submit transaction's receipts show it. The yielded callback belongs to this transaction, so everything
 * later shows here too; the transaction's own final status says nothing of the intent.
 */
export interface SubmissionView {
  readonly submission: SubmissionResult;
  readonly dispatch: Dispatch | undefined;
  /** The gate's next link of the chain ran after this intent. */
  readonly continued: Ran | undefined;
  /** The intent ended without a dispatch. */
  readonly closed: (Ran & { readonly reason: string }) | undefined;
  /** The callback itself failed: the intent is gone, nothing was dispatched, and the chain has no next link. */
  readonly callbackFailed: (Ran & { readonly error: string }) | undefined;
  /** yoctoNEAR burnt so far. */
  readonly tokensBurnt: bigint;
}

/** In which block something ran. */
export interface Ran {
  readonly blockHash: string;
}

export type SubmissionResult =
  | { readonly kind: "pending" }
  | (Ran & { readonly kind: "accepted"; readonly intentId: string })
  | (Ran & { readonly kind: "refused"; readonly error: string });

export interface Dispatch extends Ran {
  readonly target: Target | undefined;
}

/** The receipt of the call itself (rule: receipt-is-the-targets). */
export interface Target extends Ran {
  readonly receiptId: string;
  readonly logs: readonly string[];
  readonly result: TargetResult;
  /** Whether the target answered with a promise: then the chain goes on only once that is resolved. */
  readonly promised: boolean;
  /** What became of the promises that its result does not depend on. */
  readonly aftermath: Aftermath;
}

export type TargetResult =
  | { readonly kind: "pending" }
  /** `blockHash`: of the last receipt that the result depends on. */
  | (Ran & { readonly kind: "success" })
  | (Ran & { readonly kind: "failure"; readonly error: string });

/**
 * @param targetId the account that the intent calls
 * @param revocable what the call does that can still fail, or be taken back, after its own receipt
 */
export function readSubmission(
  status: TransactionStatus,
  gateId: string,
  targetId: string,
  revocable?: Revocable,
): SubmissionView {
  const submission = readResult(status, gateId);
  const burnt = tokensBurnt(status);
  const nothing = {
    submission,
    dispatch: undefined,
    continued: undefined,
    closed: undefined,
    callbackFailed: undefined,
    tokensBurnt: burnt,
  };
  const accepting = acceptingReceipt(status);
  if (submission.kind !== "accepted" || accepting === undefined) return nothing;
  const { intentId } = submission;
  const view = { ...nothing };
  for (const callback of gateChildren(accepting, status, gateId)) {
    const events = readTrace(callback.logs);
    if (callback.status.kind === "failure") {
      const isCallback =
        status.calls.get(callback.id)?.methodName === "on_intent_resumed" ||
        events.some((event) => event.ev === "intent_dispatched" && event.id === intentId);
      const failed = { blockHash: callback.blockHash, error: callback.status.text };
      if (isCallback) Object.assign(view, { callbackFailed: failed });
      continue;
    }
    for (const event of events) Object.assign(view, effectOf(event, intentId, callback, status, targetId, revocable));
    const link = gateChildren(callback, status, gateId).find(continuesChain);
    if (link !== undefined) Object.assign(view, { continued: { blockHash: link.blockHash } });
  }
  return view;
}

/**
 * The gate's own receipts that one of the gate's receipts made: their predecessor is the gate. What a target calls of the gate is
 * no word of the gate's (rule: only-the-gates-own-word).
 */
function gateChildren(parent: Outcome, { receipts, calls }: TransactionStatus, gateId: string): Outcome[] {
  const result = parent.status.kind === "receipt" ? [parent.status.id] : [];
  return [...new Set([...result, ...parent.receiptIds])].flatMap((id) => {
    const outcome = receipts.get(id);
    const predecessorId = calls.get(id)?.predecessorId ?? gateId;
    return outcome?.executorId === gateId && predecessorId === gateId ? [outcome] : [];
  });
}

function continuesChain({ status, logs }: Outcome): boolean {
  return status.kind !== "failure" && readTrace(logs).some(({ ev }) => ev === "chain_continued");
}

function effectOf(
  event: TraceEvent,
  intentId: string,
  outcome: Outcome,
  status: TransactionStatus,
  targetId: string,
  revocable: Revocable | undefined,
): Partial<SubmissionView> {
  const ran = { blockHash: outcome.blockHash };
  switch (event.ev) {
    case "intent_dispatched":
      if (event.id !== intentId) return {};
      return { dispatch: { ...ran, target: readTarget(status, outcome, targetId, revocable) } };
    case "intent_resolved_err":
      return event.id === intentId ? { closed: { ...ran, reason: event.reason } } : {};
    case "chain_continued":
    case "intent_submitted":
    case "batch_started":
    case "intent_resumed":
      return {};
    default:
      return event satisfies never;
  }
}

/** The receipt that the transaction was converted into. */
function acceptingReceipt({ transaction: { status }, receipts }: TransactionStatus): Outcome | undefined {
  return status.kind === "receipt" ? receipts.get(status.id) : undefined;
}

function readResult(status: TransactionStatus, gateId: string): SubmissionResult {
  const { status: converted, blockHash } = status.transaction;
  if (converted.kind === "failure") return { kind: "refused", error: converted.text, blockHash };
  const first = acceptingReceipt(status);
  if (first === undefined || first.status.kind === "unknown") return { kind: "pending" };
  if (first.status.kind === "failure") return { kind: "refused", error: first.status.text, blockHash: first.blockHash };
  const submitted = readTrace(first.logs).find((event) => event.ev === "intent_submitted");
  if (submitted === undefined || first.executorId !== gateId) {
    return { kind: "refused", error: "the gate accepted it without naming an id", blockHash: first.blockHash };
  }
  return { kind: "accepted", intentId: submitted.id, blockHash: first.blockHash };
}

function readTarget(
  status: TransactionStatus,
  dispatch: Outcome,
  targetId: string,
  revocable: Revocable | undefined,
): Target | undefined {
  const id = dispatch.receiptIds.find((receiptId) => {
    const call = status.calls.get(receiptId);
    // A refund goes to the signer, who may be the target: it is the system's, not the gate's.
    if (call !== undefined) return call.receiverId === targetId && call.predecessorId === dispatch.executorId;
    return status.receipts.get(receiptId)?.executorId === targetId;
  });
  const outcome = id === undefined ? undefined : status.receipts.get(id);
  if (outcome === undefined || outcome.status.kind === "unknown") return undefined;
  return {
    receiptId: outcome.id,
    blockHash: outcome.blockHash,
    logs: outcome.logs,
    result: readTargetResult(status, outcome),
    promised: outcome.status.kind === "receipt",
    aftermath: readAftermath(status, outcome, outcome.status.kind === "failure" ? undefined : revocable),
  };
}

/** Follows a promise to the receipt whose value or failure is the call's result. */
function readTargetResult(status: TransactionStatus, target: Outcome): TargetResult {
  let outcome: Outcome | undefined = target;
  while (outcome !== undefined) {
    const { status: result, blockHash }: Outcome = outcome;
    switch (result.kind) {
      case "value":
        return { kind: "success", blockHash };
      case "failure":
        return { kind: "failure", error: result.text, blockHash };
      case "unknown":
        return { kind: "pending" };
      case "receipt":
        outcome = status.receipts.get(result.id);
        break;
      default:
        return result satisfies never;
    }
  }
  return { kind: "pending" };
}
