import { isNonceUsedByPayload } from "../chain/gate-texts.ts";
import type { Action, EventInit } from "./action.ts";
import { startHeight } from "./gate-progress.ts";
import { isUndecided, type JudgedStep } from "./outcomes.ts";
import { hasStarted, isDone, isResumedSingly, isSubmitted, liveResume, openResume, singlesOf } from "./progress.ts";
import { pursue } from "./pursue.ts";
import type { WorkflowState } from "./state.ts";
import { causeOf } from "./verdict.ts";
import type { World } from "./world.ts";

/** Milliseconds before a payload's deadline within which waiting is as quick as a cancel. */
const tooLateMs = 5000;

/** Heads between attempts to have a cancel signed and appended. */
const tryAgainAfter = 20;

/** Heads in which a cancel that is sent now lands: a payload that is dispatched earlier would make it fail. */
const landsWithin = 4;

/**
 * A workflow that is to be cancelled ends at once if nothing of it was signed; else it settles
 * (rule: signed-means-possible).
 */
export function cancellation(state: WorkflowState): EventInit | undefined {
  if (!state.cancelRequested || state.settling !== undefined) return undefined;
  if (state.steps.some(({ terms }) => terms !== undefined)) return undefined;
  return cancelledEnd(state);
}

/** The end of a cancelled workflow that never submitted anything, once nothing of it can execute. */
export function cancelledEnd(state: WorkflowState): EventInit {
  const outcomes = state.steps.map(() => ({ outcome: "not_executed" }));
  const { code: errorCode, text: userVisibleError } = causeOf(state);
  return { case: "ended", value: { status: "cancelled", errorCode, userVisibleError, outcomes } };
}

/**
 * Cancels payloads that are still possible: one transaction for all of them, followed until its fate is final. Another one is made
 * only once the one before cannot land or has failed, and the used nonces were read after that.
 * @returns undefined: nothing to do for it now
 */
export function cancelPayloads(state: WorkflowState, world: World, judged: readonly JudgedStep[]): Action | undefined {
  const open = state.cancels.find(({ fate }) => fate.kind === "open");
  if (open !== undefined) {
    const sent = { transaction: open.transaction, atMs: open.atMs, dead: false };
    const isTooLate = open.payloads.every(({ step }) => world.final.timeMs > deadlineOf(state, step));
    // If nothing is possible any more, a cancel that no node shows is made impossible, so that it costs nothing later.
    const giveUp = isTooLate || !judged.some(isUndecided);
    const action = pursue(state, world, [sent], { kind: "cancel", giveUp });
    return action.kind === "wait" ? undefined : action;
  }
  const steps = stepsToCancel(state, world, judged);
  if (steps.length === 0) return undefined;
  const unread = steps.filter((step) => isReadingDue(state, world, step));
  if (unread.length > 0) return { kind: "read_nonces", steps: unread };
  const { cancelTriedAt } = world.view;
  const isDue = cancelTriedAt === undefined || world.head >= cancelTriedAt + tryAgainAfter;
  return isDue ? { kind: "cancel", steps } : undefined;
}

/**
 * Whether the fate of a cancel transaction is still open, so that its cost is missing from the record: a node knows it, or it may
 * only be late.
 */
export function isCancelPending({ cancels }: WorkflowState, { view, nowMs, settings }: World): boolean {
  return cancels.some(({ transaction, atMs, fate }) => {
    const isKnown = view.cancels.get(transaction.hash) !== undefined;
    return fate.kind === "open" && (isKnown || nowMs <= atMs + settings.pollTimeoutMs);
  });
}

/**
 * The steps whose payloads to cancel: those whose payload the keystore signed for the wallet, since only an account itself can
 * cancel a payload of its own. A cancel that failed for another reason than a used nonce would fail again. Payloads of which
 * nothing was submitted are secret, so their deadline is waited for: cancelling signed workflows then costs the operator nothing.
 */
function stepsToCancel(state: WorkflowState, world: World, judged: readonly JudgedStep[]): number[] {
  if (!isSubmitted(state)) return [];
  const isHopeless = state.cancels.some(({ fate }) => fate.kind === "refused" && !isNonceUsedByPayload(fate.error));
  if (!world.settings.settleByCancel || isHopeless) return [];
  return [...state.steps.keys()].filter((step) => {
    const isPossible = judged[step]?.outcome === "still_possible" && state.steps[step]?.signed?.payload !== undefined;
    return isPossible && world.final.timeMs + tooLateMs < deadlineOf(state, step) && !isNextUp(state, world, step);
  });
}

/** Whether a running resume, or one that may run, dispatches the step before a cancel lands. */
function isNextUp(state: WorkflowState, world: World, index: number): boolean {
  const step = state.steps[index];
  if (step === undefined || isDone(step)) return false;
  if (isResumedSingly(state)) return hasStarted(state, step) || singlesOf(state, step).some(openResume);
  if (liveResume(state) === undefined) return false;
  const start = startHeight(state, world) ?? world.head + 1;
  return start + 2 + 3 * index <= world.head + landsWithin;
}

/** Whether a cancel of the step has failed since its nonce was last read, if it ever was. */
function isReadingDue({ cancels }: WorkflowState, { final }: World, step: number): boolean {
  const refusedAt = cancels.flatMap(({ fate, payloads }) =>
    fate.kind === "refused" && payloads.some((payload) => payload.step === step) ? [fate.height] : [],
  );
  return refusedAt.some((height) => height > (final.nonceUse.get(step)?.[0]?.height ?? -1));
}

function deadlineOf({ steps }: WorkflowState, step: number): number {
  return Number(steps[step]?.terms?.deadlineMs ?? 0n);
}
