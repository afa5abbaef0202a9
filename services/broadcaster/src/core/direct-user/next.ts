import { cutLogs } from "../chain/cut-text.ts";
import type { EventInit } from "../workflow/action.ts";
import { isUnknownToTell, proveAfter, resendAfter } from "../workflow/pursue.ts";
import { isLookDue, type Settings, type View, type World } from "../workflow/world.ts";
import type { CallView } from "./call-view.ts";
import { type Attempt, type DirectUserState, liveAttempt } from "./state.ts";
import { endOf, forgottenEnd } from "./verdict.ts";

/** The driver's inputs besides the log. Nothing in them outlives the process. */
export interface DirectUserWorld extends Pick<World, "nowMs" | "blockMs" | "head" | "block"> {
  readonly view: DirectUserView;
  readonly settings: Pick<Settings, "pollTimeoutMs">;
}

/** Latest answers of the node, by transaction hash. */
export interface DirectUserView extends Pick<View, "lookedAt" | "sentAt" | "provenAt" | "forgotten"> {
  /** Undefined: the node does not know the transaction. */
  readonly calls: ReadonlyMap<string, CallView | undefined>;
}

/** The one thing to do next. The shell performs it; the result comes back as an event or in the view. */
export type DirectUserAction =
  | { readonly kind: "stop" }
  | { readonly kind: "append"; readonly event: EventInit }
  | { readonly kind: "check_policy" }
  /** Read the key and the count, sign, append, send. */
  | { readonly kind: "call" }
  | { readonly kind: "resend"; readonly attempt: Attempt }
  | { readonly kind: "look"; readonly attempt: Attempt }
  /** Try to prove that a transaction can never land. */
  | { readonly kind: "prove_dead"; readonly attempt: Attempt }
  /** Read the count again. */
  | { readonly kind: "measure" }
  /** Nothing to do until something changes. */
  | { readonly kind: "wait" };

/** Pure and total, so that a crash anywhere is the same as a restart: fold, decide, go on. */
export function nextDirectUser(state: DirectUserState, world: DirectUserWorld): DirectUserAction {
  if (state.ended !== undefined) return { kind: "stop" };
  const cancelled = callCancellation(state);
  if (cancelled !== undefined) return { kind: "append", event: cancelled };
  if (!state.policyAllowed) return { kind: "check_policy" };
  if (state.resolved !== undefined) {
    return state.measured ? { kind: "append", event: endOf(state, state.resolved) } : { kind: "measure" };
  }
  const attempt = liveAttempt(state);
  if (attempt === undefined) return { kind: "call" };
  if (state.forgotten) return { kind: "append", event: forgottenEnd };
  const { hash } = attempt.transaction;
  if (world.view.forgotten.has(hash)) {
    return { kind: "append", event: { case: "transactionForgotten", value: { txHash: hash } } };
  }
  const fate = finalFate(attempt, world);
  return fate === undefined ? pursue(state, attempt, world) : { kind: "append", event: fate };
}

/** Ends a call that is to be cancelled, if no transaction of it may land; a call that was sent is followed to its end. */
export function callCancellation(state: DirectUserState): EventInit | undefined {
  if (!state.cancelRequested || liveAttempt(state) !== undefined) return undefined;
  const userVisibleError = "it was cancelled at its caller's wish before anything was sent";
  return { case: "ended", value: { status: "cancelled", errorCode: "cancelled", userVisibleError } };
}

/** The transaction's fate, once all blocks that it rests on are final. */
function finalFate({ transaction }: Attempt, world: DirectUserWorld): EventInit | undefined {
  const view = world.view.calls.get(transaction.hash);
  if (view === undefined || view.result.kind === "pending") return undefined;
  const { kind: status, receiptId, blockHash, blocks, logs, error } = view.result;
  if (!blocks.every((hash) => world.block(hash)?.state === "final")) return undefined;
  const value = {
    txHash: transaction.hash,
    signerId: view.signerId,
    receiptId,
    blockHeight: BigInt(world.block(blockHash)?.height ?? 0),
    status,
    logs: cutLogs(logs),
    gasBurntYocto: view.tokensBurnt.toString(),
    ...(status === "failure" ? { error } : {}),
  };
  return { case: "directUserCallResolved", value };
}

/** Finds out a transaction's fate: looks, sends the same bytes again, tries to prove it dead, and records that it is unknown. */
function pursue(state: DirectUserState, attempt: Attempt, world: DirectUserWorld): DirectUserAction {
  const { view, head } = world;
  const { hash } = attempt.transaction;
  const sent = view.sentAt.get(hash);
  if (isLookDue(world, hash, (sent?.last ?? -2) + 2)) return { kind: "look", attempt };
  const isMissing = view.calls.has(hash) && view.calls.get(hash) === undefined;
  // Checked before a resend, which is always due where sending is slow or fails.
  const provenAt = view.provenAt.get(hash) ?? sent?.first ?? head - proveAfter;
  if (isMissing && head >= provenAt + proveAfter) return { kind: "prove_dead", attempt };
  if (isMissing && head >= (sent?.last ?? 0) + resendAfter) return { kind: "resend", attempt };
  if (world.nowMs > attempt.atMs + world.settings.pollTimeoutMs && isUnknownToTell(state, world)) {
    return { kind: "append", event: { case: "outcomeUnknown", value: { txHashes: [hash] } } };
  }
  return { kind: "wait" };
}
