import { yieldTimeoutBlocks } from "./outcomes.ts";
import { payloadsOf } from "./payloads.ts";
import {
  hasStarted,
  hasSucceeded,
  isDone,
  isForgotten,
  isResumedSingly,
  isSubmitted,
  liveResume,
  openSingle,
  singlesOf,
  unsentSteps,
} from "./progress.ts";
import type { StepState, WorkflowState } from "./state.ts";
import { codeOfResumeRefusal } from "./verdict.ts";

/** Least blocks between a member's expected dispatch and its timeout: a missed chunk must not leave the gate's tail dirty. */
const timeoutMargin = 5;

/**
 * Blocks within which a transaction runs that is sent now: two as a rule, more where a log, a node or a congested shard makes it
 * wait.
 */
export const runsWithin = 30;

/**
 * Age of its siblings, in blocks, at which a submission with an unknown fate ends the attempt
 * (rule: lost-submission-ends-the-attempt).
 */
const siblingAgeLimit = 150;

/** Whether a resume sent now would dispatch every member well before it times out. */
export function canStillResume(state: WorkflowState, head: number): boolean {
  const start = head + 2;
  return state.steps.every(({ accepted }, index) => {
    if (accepted === undefined) return false;
    return start + 3 * index + timeoutMargin < Number(accepted.blockHeight) + yieldTimeoutBlocks;
  });
}

/** Whether an intent that is resumed now would be dispatched well before it times out. */
export function isInTime({ accepted }: StepState, head: number): boolean {
  return accepted !== undefined && head + 2 + timeoutMargin < Number(accepted.blockHeight) + yieldTimeoutBlocks;
}

export function siblingsTooOld(state: WorkflowState, head: number): boolean {
  return state.steps.some(
    ({ accepted }) => accepted !== undefined && head >= Number(accepted.blockHeight) + siblingAgeLimit,
  );
}

/** Whether the attempt can lead nowhere any more: all that is left is to find out the outcome of each step. */
export function isOver(state: WorkflowState, head: number): boolean {
  if (state.settling !== undefined) return true;
  if (state.steps.every(isDone) || state.steps.some((step) => isForgotten(state, step))) return true;
  if (state.steps.some(({ refused }) => refused !== undefined)) return true;
  const isSingly = isResumedSingly(state);
  const isUnderWay = isSingly ? isStepUnderWay(state) : liveResume(state) !== undefined;
  if (state.cancelRequested && !isUnderWay) return true;
  const unsent = unsentSteps(state);
  // Also where a resume seems to be under way: one that names ids of a lost fork starts nothing.
  if (
    unsent.length > 0 &&
    isSubmitted(state) &&
    (isTooLateToSend(state, unsent, head) || siblingsTooOld(state, head))
  ) {
    return true;
  }
  if (isUnderWay) return false;
  // A chain of which a member is done is never resumed again: the others are followed, and none is submitted any more.
  if (!isSingly && state.steps.some(isDone)) return unsent.length > 0;
  if (state.haltOnFailure && state.steps.some((step) => isDone(step) && !hasSucceeded(step))) return true;
  const last = state.resumes.at(-1);
  if (last?.fate.kind === "refused" && codeOfResumeRefusal(last.fate.error) !== undefined) return true;
  if (state.steps.some(({ accepted }) => accepted === undefined)) return false;
  return isSingly ? !canResumeNext(state, head) : !canStillResume(state, head);
}

/**
 * Whether something of a singly resumed workflow can still grow old: signatures that no transaction has carried to the gate, or
 * intents there that no resume of ours has started.
 */
export function canGrowOld(state: WorkflowState, head: number): boolean {
  if (state.ended !== undefined || isOver(state, head)) return false;
  return state.steps.some((step) => !isDone(step) && !hasStarted(state, step));
}

/** Blocks in which a target that answers at once has a final result, also where it is on another shard than the gate. */
const answersWithin = 12;

/** Whether a step that was resumed by itself has a target that keeps the workflow waiting. */
export function waitsForTarget(state: WorkflowState, head: number): boolean {
  return state.steps.some(
    (step) =>
      !isDone(step) &&
      singlesOf(state, step).some(({ fate }) => fate.kind === "started" && head > fate.height + answersWithin),
  );
}

/**
 * The longer of two spans, in blocks: from admission to the last submission, and from there to the first resume. A span that has not
 * ended counts up to now.
 */
export function blocksTaken(state: WorkflowState, head: number): number {
  const accepted = state.steps.map((step) => (step.accepted === undefined ? head : Number(step.accepted.blockHeight)));
  const submitted = Math.max(...accepted);
  const [first] = state.steps;
  const starts = (first === undefined ? [] : singlesOf(state, first)).flatMap(({ fate }) =>
    fate.kind === "started" ? [fate.height] : [],
  );
  return Math.max(submitted - Number(state.admitted?.finalHeight ?? 0n), (starts[0] ?? head) - submitted);
}

/** Whether a resume of a single intent is on its way, or its intent being dispatched. */
function isStepUnderWay(state: WorkflowState): boolean {
  return openSingle(state) !== undefined || state.steps.some((step) => !isDone(step) && hasStarted(state, step));
}

/** Whether the next step could still be resumed. */
function canResumeNext(state: WorkflowState, head: number): boolean {
  const next = state.steps.find((step) => !isDone(step));
  return next === undefined || isInTime(next, head);
}

/**
 * Whether the gate might refuse delegates that are sent now, because they run too late (rule: window-is-judged-with-the-key). A
 * delegate that the gate refuses ends its workflow; one that is held back dies unseen, and the workflow is signed anew.
 */
export function isTooLateToSend(state: WorkflowState, steps: readonly number[], head: number): boolean {
  return steps.some((step) => head + runsWithin >= Number(state.steps[step]?.terms?.maxBlockHeight ?? 0n));
}

/**
 * Whether signatures on the steps' terms would be too old when used. After a submission nothing is signed anew
 * (rule: public-payload-is-never-signed-anew).
 */
export function areTermsStale(state: WorkflowState, final: { height: number; timeMs: number }): boolean {
  return state.steps.some((step) => {
    if (step.terms === undefined) return false;
    const isPast = payloadsOf(step).some(({ deadlineMs }) => final.timeMs >= Number(deadlineMs));
    return isPast || final.height >= Number(step.terms.maxBlockHeight);
  });
}
