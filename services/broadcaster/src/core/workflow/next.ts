import { isMissingIntent } from "../chain/gate-texts.ts";
import type { Action } from "./action.ts";
import { follow } from "./follow.ts";
import { observe, stepToAdopt } from "./observe.ts";
import {
  areSignaturesStale,
  canStillResume,
  isDone,
  isOver,
  isResumedSingly,
  liveResume,
  liveSubmission,
  siblingsTooOld,
  unsentSteps,
} from "./progress.ts";
import { pursue } from "./pursue.ts";
import { settle } from "./settle.ts";
import type { StepState, WorkflowState } from "./state.ts";
import { stepwise } from "./stepwise.ts";
import type { World } from "./world.ts";

/**
 * The driver: the one thing to do next for a workflow, from its log and what is seen of the chain. Pure and total, so
 * that a crash anywhere is the same as a restart: fold, ask, go on.
 */
export function next(state: WorkflowState, world: World): Action {
  if (state.ended !== undefined) return { kind: "stop" };
  if (state.account === undefined) return { kind: "check_policy" };
  if (state.admitted === undefined) return { kind: "seek_admission" };
  if (state.steps.some(({ signed }) => signed === undefined)) return { kind: "sign" };
  const fact = observe(state, world);
  if (fact !== undefined) return { kind: "append", event: fact };
  const adopted = stepToAdopt(state, world);
  if (adopted !== undefined) return { kind: "adopt", step: adopted };
  return isOver(state, world.head) ? settle(state, world) : attempt(state, world);
}

function attempt(state: WorkflowState, world: World): Action {
  if (areSignaturesStale(state, world.final)) {
    const reason = "they became too old before anything was sent";
    return { kind: "append", event: { case: "signaturesDiscarded", value: { reason } } };
  }
  const unsent = unsentSteps(state);
  if (unsent.length > 0) return { kind: "submit", steps: unsent };
  const outstanding = state.steps.flatMap((step) => {
    const sent = liveSubmission(step);
    return step.accepted === undefined && sent !== undefined ? [sent] : [];
  });
  if (outstanding.length > 0) {
    return pursue(state, world, outstanding, { kind: "submission", giveUp: siblingsTooOld(state, world.head) });
  }
  if (isResumedSingly(state)) return stepwise(state, world);
  const resume = liveResume(state);
  if (resume?.fate.kind === "open" && resume.prepared.transaction !== undefined) {
    const sent = { transaction: resume.prepared.transaction, atMs: resume.atMs, dead: false };
    const giveUp = !canStillResume(state, world.head);
    return pursue(state, world, [sent], { kind: "resume", giveUp });
  }
  if (resume === undefined && !state.steps.some(isDone) && world.turn) {
    const unread = unreadSubmissions(state, world);
    if (unread.length > 0) return { kind: "look", submissions: unread, resumes: [] };
    if (!state.steps.some((step) => isSeenToMove(step, world))) return { kind: "resume" };
  }
  return follow(state, world, resume);
}

/**
 * A resume that did not find an intent says that somebody else was faster, or that its time was over: before another one
 * is sent, the intents' own receipts are read, as of a block after that refusal (decision 22).
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

/** Whether its intent is seen to be dispatched or closed, be it not final yet. */
function isSeenToMove({ accepted }: StepState, { view }: World): boolean {
  const seen = accepted === undefined ? undefined : view.submissions.get(accepted.txHash);
  return (seen?.dispatch ?? seen?.closed ?? seen?.callbackFailed) !== undefined;
}
