import { isMissingIntent } from "../chain/gate-texts.ts";
import type { Action } from "./action.ts";
import { cancellation, cancelPayloads } from "./cancel.ts";
import { startHeight } from "./gate-progress.ts";
import { areTermsStale, canStillResume, isOver, isTooLateToSend, siblingsTooOld } from "./in-time.ts";
import { observe, stepToAdopt } from "./observe.ts";
import { judgeSteps } from "./outcomes.ts";
import {
  isDone,
  isPossibleUnsent,
  isResumedSingly,
  isSignedUnsent,
  liveResume,
  liveSubmission,
  openSingle,
  unsentSteps,
} from "./progress.ts";
import { pursue, runsAfter } from "./pursue.ts";
import { outlive, settle } from "./settle.ts";
import { boundSigningAnew } from "./sign-anew.ts";
import { mayTry } from "./standstill.ts";
import type { ResumeState, StepState, WorkflowState } from "./state.ts";
import { stepwise } from "./stepwise.ts";
import { watchDispatches, watchSingleDispatches } from "./watch-dispatches.ts";
import type { World } from "./world.ts";

/**
 * The driver: decides the one thing to do next for a workflow, from its log and the view of the chain. Pure and total, so that a
 * crash anywhere is the same as a restart: fold, decide, go on.
 */
export function next(state: WorkflowState, world: World): Action {
  if (state.ended !== undefined) return { kind: "stop" };
  const cancelled = cancellation(state);
  if (cancelled !== undefined) return { kind: "append", event: cancelled };
  const isLeft = state.cancelRequested || state.settling !== undefined;
  if (isLeft && isPossibleUnsent(state)) return settle(state, world);
  if (isSignedUnsent(state)) {
    const action = state.discarded
      ? (outlive(state, world) ?? boundSigningAnew(state, world))
      : discardStale(state, world);
    if (action !== undefined) return action;
  }
  if (state.account === undefined) return { kind: "check_policy" };
  if (state.admitted === undefined)
    return mayTry(state.standstill, world) ? { kind: "seek_admission" } : { kind: "wait" };
  if (state.steps.some(({ signed }) => signed === undefined)) return { kind: "sign" };
  const fact = observe(state, world);
  if (fact !== undefined) return { kind: "append", event: fact };
  const adopted = stepToAdopt(state, world);
  if (adopted !== undefined) return { kind: "adopt", step: adopted };
  if (isOver(state, world.head)) return settle(state, world);
  return state.cancelRequested ? cancelRunning(state, world) : attempt(state, world);
}

/** Throws away what is too old to be sent, once it is dead: until then it is neither sent nor signed anew. */
function discardStale(state: WorkflowState, { final, head }: World): Action | undefined {
  if (!areTermsStale(state, final)) {
    const steps = [...state.steps.keys()].filter((step) => state.steps[step]?.terms !== undefined);
    return isTooLateToSend(state, steps, head) ? { kind: "wait" } : undefined;
  }
  const reason = "they became too old before anything was sent";
  return { kind: "append", event: { case: "signaturesDiscarded", value: { reason } } };
}

/**
 * Cancels a workflow whose chain runs, or may run: a resume that is not seen to land is made impossible, one that landed is
 * followed, and payloads whose turn is not next are cancelled.
 */
function cancelRunning(state: WorkflowState, world: World): Action {
  const cancel = cancelPayloads(state, world, judgeSteps(state, world.final));
  if (cancel !== undefined) return cancel;
  if (isResumedSingly(state)) {
    const single = openSingle(state);
    return single === undefined ? watchSingleDispatches(state, world) : pursueResume(state, world, single, true);
  }
  const resume = liveResume(state);
  return isUnderWay(state, world, resume) ? pursueResume(state, world, resume, true) : watchDispatches(state, world);
}

/** Whether the resume was sent and was not seen to start its chain. */
function isUnderWay(state: WorkflowState, world: World, resume: ResumeState | undefined): resume is ResumeState {
  return resume?.fate.kind === "open" && startHeight(state, world) === undefined;
}

function pursueResume(state: WorkflowState, world: World, resume: ResumeState, giveUp: boolean): Action {
  const { transaction } = resume.prepared;
  if (transaction === undefined) return { kind: "wait" };
  // A longer chain's resume is looked at later, but a head before its last but one target runs: then that look need not wait for this.
  const calls = resume.prepared.intentIds.length;
  const seenAfter = runsAfter + Math.min(calls - 1, 2);
  return pursue(state, world, [{ transaction, atMs: resume.atMs, dead: false }], { kind: "resume", giveUp, seenAfter });
}

function attempt(state: WorkflowState, world: World): Action {
  const unsent = unsentSteps(state);
  if (unsent.length > 0) return { kind: "submit", steps: unsent };
  const outstanding = state.steps.flatMap((step) => {
    const sent = liveSubmission(step);
    return step.accepted === undefined && sent !== undefined ? [sent] : [];
  });
  if (outstanding.length > 0) {
    return pursue(state, world, outstanding, {
      kind: "submission",
      giveUp: siblingsTooOld(state, world.head),
    });
  }
  if (isResumedSingly(state)) return stepwise(state, world);
  const resume = liveResume(state);
  if (isUnderWay(state, world, resume)) {
    return pursueResume(state, world, resume, !canStillResume(state, world.head));
  }
  if (resume === undefined && !state.steps.some(isDone) && world.turn) {
    const unread = unreadSubmissions(state, world);
    if (unread.length > 0) return { kind: "look", submissions: unread, resumes: [] };
    if (!state.steps.some((step) => isSeenToMove(step, world))) return { kind: "resume" };
  }
  return watchDispatches(state, world);
}

/**
 * Submissions to read before another resume. One that found an intent missing says that somebody else dispatched it, or that it
 * timed out: the intents' own receipts tell, as of a block after that refusal (rule: missing-intent-is-looked-up).
 */
function unreadSubmissions(state: WorkflowState, { view }: World): string[] {
  const last = state.resumes.at(-1);
  if (last?.fate.kind !== "refused" || !isMissingIntent(last.fate.error)) return [];
  const refusedAt = view.lookedAt.get(last.hash) ?? 0;
  return state.steps.flatMap(({ accepted }) => {
    const lookedAt = accepted === undefined ? undefined : view.lookedAt.get(accepted.txHash);
    return accepted === undefined || (lookedAt !== undefined && lookedAt >= refusedAt) ? [] : [accepted.txHash];
  });
}

/** Whether the intent is seen to be dispatched or closed, final or not. */
function isSeenToMove({ accepted }: StepState, { view }: World): boolean {
  const seen = accepted === undefined ? undefined : view.submissions.get(accepted.txHash);
  return (seen?.dispatch ?? seen?.closed ?? seen?.callbackFailed) !== undefined;
}
