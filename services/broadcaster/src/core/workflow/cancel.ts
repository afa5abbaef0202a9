import { isNonceUsedByPayload } from "../chain/gate-texts.ts";
import type { Action, EventInit } from "./action.ts";
import { startHeight } from "./lane-progress.ts";
import { isUndecided, type JudgedStep } from "./outcomes.ts";
import { hasStarted, isDone, isResumedSingly, isSubmitted, liveResume, openResume, singlesOf } from "./progress.ts";
import { pursue } from "./pursue.ts";
import type { WorkflowState } from "./state.ts";
import { causeOf } from "./verdict.ts";
import type { World } from "./world.ts";

/** Milliseconds before a payload's deadline from which on waiting for it is as quick as a cancel. */
const tooLateMs = 5000;

/** Heads after which it is tried again to have a cancel signed and written down. */
const tryAgainAfter = 20;

/** Heads in which a cancel that is sent now lands: what is dispatched before is not to make it fail. */
const landsWithin = 4;

/**
 * A workflow that is to be cancelled ends at once where nothing of it was signed; else it settles
 * (rule: signed-means-possible).
 */
export function withdrawal(state: WorkflowState): EventInit | undefined {
  if (!state.cancelRequested || state.settling !== undefined) return undefined;
  if (state.steps.some(({ terms }) => terms !== undefined)) return undefined;
  return cancelledEnd(state);
}

/** How a workflow ends of which nothing was sent, once nothing of it can execute. */
export function cancelledEnd(state: WorkflowState): EventInit {
  const outcomes = state.steps.map(() => ({ outcome: "not_executed" }));
  const { code: errorCode, text: userVisibleError } = causeOf(state);
  return { case: "ended", value: { status: "cancelled", errorCode, userVisibleError, outcomes } };
}

/**
 * Makes payloads impossible that are still possible: one transaction for all of them, followed until its fate is final.
 * Another is made only once the one before cannot land or has failed, and which nonces are used was read after that.
 * @returns undefined: there is nothing to do about it now
 */
export function cancelPayloads(state: WorkflowState, world: World, judged: readonly JudgedStep[]): Action | undefined {
  const open = state.cancels.find(({ fate }) => fate.kind === "open");
  if (open !== undefined) {
    const sent = { transaction: open.transaction, atMs: open.atMs, dead: false };
    const isTooLate = open.payloads.every(({ step }) => world.final.timeMs > deadlineOf(state, step));
    // Where nothing is possible any more it has only to be found out what it has cost, and not to cost more later.
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
 * Whether it is still to be found out what became of a transaction of cancels, whose cost belongs to the record: as long as a
 * node knows it, or it may only be late.
 */
export function isCancelPending({ cancels }: WorkflowState, { view, nowMs, settings }: World): boolean {
  return cancels.some(({ transaction, atMs, fate }) => {
    const isKnown = view.cancels.get(transaction.hash) !== undefined;
    return fate.kind === "open" && (isKnown || nowMs <= atMs + settings.pollTimeoutMs);
  });
}

/**
 * A cancel that failed for anything but a nonce that was used would fail again. Where nothing was submitted nobody has seen
 * the payloads, and their deadline is waited for: who lets things be signed and cancels them costs the operator nothing.
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

/** Whether what runs, or may, dispatches a step before a cancel lands. */
function isNextUp(state: WorkflowState, world: World, index: number): boolean {
  const step = state.steps[index];
  if (step === undefined || isDone(step)) return false;
  if (isResumedSingly(state)) return hasStarted(state, step) || singlesOf(state, step).some(openResume);
  if (liveResume(state) === undefined) return false;
  const start = startHeight(state, world) ?? world.head + 1;
  return start + 2 + 3 * index <= world.head + landsWithin;
}

/** A cancel failed since its nonce was last read, or that was never read. */
function isReadingDue({ cancels }: WorkflowState, { final }: World, step: number): boolean {
  const refusedAt = cancels.flatMap(({ fate, payloads }) =>
    fate.kind === "refused" && payloads.some((payload) => payload.step === step) ? [fate.height] : [],
  );
  return refusedAt.some((height) => height > (final.nonceUse.get(step)?.height ?? -1));
}

function deadlineOf({ steps }: WorkflowState, step: number): number {
  return Number(steps[step]?.terms?.deadlineMs ?? 0n);
}
