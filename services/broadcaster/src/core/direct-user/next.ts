import { cutLogs } from "../chain/cut-text.ts";
import type { EventInit } from "../workflow/action.ts";
import { proveAfter, resendAfter } from "../workflow/pursue.ts";
import { isLookDue, type Settings, type View, type World } from "../workflow/world.ts";
import type { CallView } from "./call-view.ts";
import { type Attempt, type DirectUserState, liveAttempt } from "./state.ts";
import { endOf } from "./verdict.ts";

/** What the driver sees besides the log. Nothing in it outlives the process. */
export interface DirectUserWorld extends Pick<World, "nowMs" | "head" | "block"> {
  readonly view: DirectUserView;
  readonly settings: Pick<Settings, "pollTimeoutMs">;
}

/** Latest answers of the node, by transaction hash. */
export interface DirectUserView extends Pick<View, "lookedAt" | "sentAt" | "provenAt"> {
  /** Undefined: the node does not know the transaction. */
  readonly calls: ReadonlyMap<string, CallView | undefined>;
}

/** The one thing to do next. The shell performs it; what it learns comes back as an event or in the view. */
export type DirectUserAction =
  | { readonly kind: "stop" }
  | { readonly kind: "append"; readonly event: EventInit }
  | { readonly kind: "check_policy" }
  /** Look at the key and the count, sign, append, send. */
  | { readonly kind: "call" }
  | { readonly kind: "resend"; readonly attempt: Attempt }
  | { readonly kind: "look"; readonly attempt: Attempt }
  /** Try to prove that a transaction can never land. */
  | { readonly kind: "prove_dead"; readonly attempt: Attempt }
  /** Read the count again. */
  | { readonly kind: "measure" }
  /** Nothing to do before there is news. */
  | { readonly kind: "wait" };

/** Pure and total, so that a crash anywhere is the same as a restart: fold, ask, go on. */
export function nextDirectUser(state: DirectUserState, world: DirectUserWorld): DirectUserAction {
  if (state.ended !== undefined) return { kind: "stop" };
  const withdrawn = callWithdrawal(state);
  if (withdrawn !== undefined) return { kind: "append", event: withdrawn };
  if (!state.policyAllowed) return { kind: "check_policy" };
  if (state.resolved !== undefined) {
    return state.measured ? { kind: "append", event: endOf(state, state.resolved) } : { kind: "measure" };
  }
  const attempt = liveAttempt(state);
  if (attempt === undefined) return { kind: "call" };
  const fate = finalFate(attempt, world);
  return fate === undefined ? pursue(state, attempt, world) : { kind: "append", event: fate };
}

/** A call that is to be cancelled and that is not sent, or never landed and never will, ends; once it is sent it is followed. */
export function callWithdrawal(state: DirectUserState): EventInit | undefined {
  if (!state.cancelRequested || liveAttempt(state) !== undefined) return undefined;
  const userVisibleError = "it was cancelled at its caller's wish before anything was sent";
  return { case: "ended", value: { status: "cancelled", errorCode: "cancelled", userVisibleError } };
}

/** What became of a transaction, once all that it rests on is final. */
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

/** Finds out what became of it: looks, sends the same bytes again, tries to prove it dead, and says what is not known. */
function pursue(state: DirectUserState, attempt: Attempt, world: DirectUserWorld): DirectUserAction {
  const { view, head } = world;
  const { hash } = attempt.transaction;
  const sent = view.sentAt.get(hash);
  if (isLookDue(world, hash, (sent?.last ?? -2) + 2)) return { kind: "look", attempt };
  const isMissing = view.calls.has(hash) && view.calls.get(hash) === undefined;
  // Before it is sent again, which is due whenever a look is over where sending takes long, or always fails.
  const provenAt = view.provenAt.get(hash) ?? sent?.first ?? head - proveAfter;
  if (isMissing && head >= provenAt + proveAfter) return { kind: "prove_dead", attempt };
  if (isMissing && head >= (sent?.last ?? 0) + resendAfter) return { kind: "resend", attempt };
  if (world.nowMs > attempt.atMs + world.settings.pollTimeoutMs && !state.unknown) {
    return { kind: "append", event: { case: "outcomeUnknown", value: { txHashes: [hash] } } };
  }
  return { kind: "wait" };
}
