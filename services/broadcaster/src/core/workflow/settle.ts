import type { Ended } from "@outlayer/contracts/outlayer/evidence/v1/event";
import type { Action, EndedInit, EventInit } from "./action.ts";
import { cancelPayloads, isCancelPending } from "./cancel.ts";
import { isInTime } from "./in-time.ts";
import { type FinalFacts, isUndecided, isUnknowable, type JudgedStep, judgeSteps, toStepOutcome } from "./outcomes.ts";
import { hasPayload, payloadsOf } from "./payloads.ts";
import { isDone, isForgotten, isSubmitted, liveSubmission, openResume, resumedOf } from "./progress.ts";
import { pursue } from "./pursue.ts";
import { seenOf } from "./seen.ts";
import { mayRepeat } from "./standstill.ts";
import type { ResumeState, StepState, WorkflowState } from "./state.ts";
import { type Cause, causeOf, endStatus, failedText, isUntouched, settlingText } from "./verdict.ts";
import { isLookDue, type World } from "./world.ts";

/** Heads between looks at steps that may still execute, before their time is over. */
const lookEvery = 20;

/** The same once the workflow is to be cancelled. */
const lookEveryWhenCancelled = 2;

/** Heads after which the gate is asked again for a fee that was not the agreed one. */
const rejectAgainAfter = 20;

/**
 * The attempt is over. Finds out the outcome of every step, records it as long as something may still execute, and ends the
 * workflow once nothing can (rule: public-payload-stays-possible, rule: settling-until-nothing-is-possible).
 */
export function settle(state: WorkflowState, world: World): Action {
  const judged = judgeSeen(state, world);
  const resumes = resumesToLookAt(state, world);
  if (resumes.due.length > 0) return { kind: "look", submissions: [], resumes: resumes.due };
  if (judged.every(({ outcome }) => outcome === "succeeded")) {
    if (resumes.pending) return pursueResumes(state, world) ?? { kind: "wait" };
    if (isCancelPending(state, world)) return cancelPayloads(state, world, judged) ?? { kind: "wait" };
    return measureOrEnd(state, { status: "succeeded" });
  }
  const expired = stepsToRead(state, world, judged);
  if (expired.length > 0) return { kind: "read_nonces", steps: expired };
  const leftover = leftoverOf(state, world, judged);
  const cause = causeOf(state, judged);
  const outcomes = judged.map(toStepOutcome) as Ended["outcomes"];
  if (!judged.some(isUndecided) && !resumes.pending && !isCancelPending(state, world)) {
    // Leftovers are rejected before the end, since nobody drives the workflow after it.
    if (leftover !== undefined && world.rejectLeftovers) return { kind: "reject", intentId: leftover };
    return endFor(state, cause, judged);
  }
  const userVisibleError = settlingText(cause, judged);
  // If nothing is possible any more, only costs are still open, and the record does not settle again for them.
  if (
    judged.some(isUndecided) &&
    !isTold(state, judged, userVisibleError) &&
    mayRepeat(state.standstill, "settling", world)
  ) {
    return {
      kind: "append",
      event: { case: "settling", value: { outcomes, errorCode: cause.code, userVisibleError, ...endOf(state) } },
    };
  }
  const cancel = cancelPayloads(state, world, judged);
  if (cancel !== undefined) return cancel;
  if (leftover !== undefined) return { kind: "reject", intentId: leftover };
  const pursuit = pursueResumes(state, world);
  if (pursuit !== undefined) return pursuit;
  const due = transactionsToLookAt(state, world);
  return due.length > 0 ? { kind: "look", submissions: due, resumes: [] } : { kind: "wait" };
}

/** A step that was seen to run here has its outcome once that is final, whatever else the nonce of its payload says. */
function judgeSeen(state: WorkflowState, world: World): readonly JudgedStep[] {
  return judgeSteps(state, world.final).map((judged, index) => {
    const step = state.steps[index];
    const isRunning = step !== undefined && !isDone(step) && seenOf(step, world).kind !== "pending";
    return isRunning ? { outcome: "in_progress", error: undefined, possibleUntil: undefined } : judged;
  });
}

function endFor(state: WorkflowState, cause: Cause, judged: readonly JudgedStep[]): Action {
  const status = endStatus(cause, judged);
  const requiredApprovals = status === state.settling?.end?.status ? state.settling.end.requiredApprovals : undefined;
  const end: EndedInit = {
    status,
    errorCode: judged.some(isUnknowable) ? "outcome_unknown" : cause.code,
    userVisibleError: failedText(cause, judged),
    outcomes: judged.map(toStepOutcome) as Ended["outcomes"],
    ...(requiredApprovals === undefined ? {} : { requiredApprovals }),
  };
  // A workflow that never sent anything has nothing to measure.
  return isUntouched(judged) && !isSubmitted(state)
    ? { kind: "append", event: { case: "ended", value: end } }
    : measureOrEnd(state, end);
}

const endOf = ({ settling }: WorkflowState) => (settling?.end === undefined ? {} : { end: settling.end });

/**
 * The event in place of an end while a signature can still execute: the workflow settles, and the event holds the end to come
 * (rule: signed-means-possible). Undefined where nothing can execute.
 */
export function settlingBefore(state: WorkflowState, end: EndedInit, final: FinalFacts): EventInit | undefined {
  const judged = judgeSteps(state, final);
  if (!judged.some(isUndecided)) return undefined;
  const { errorCode, userVisibleError: text = "" } = end;
  const userVisibleError = settlingText({ text }, judged);
  const outcomes = judged.map(toStepOutcome) as Ended["outcomes"];
  return { case: "settling", value: { outcomes, errorCode: errorCode ?? "", userVisibleError, end } };
}

/**
 * Waits until discarded signatures are dead before anything is signed anew, so that never more can execute than counts against the
 * wallet's limits. If somebody carries one all the same, the workflow settles. Around payloads that did not come from here only the
 * delegate was signed.
 * @returns undefined once they are dead
 */
export function outlive(state: WorkflowState, world: World): Action | undefined {
  const signedHere = { ...state, steps: state.steps.map((step) => ({ ...step, own: [] })) };
  const judged = judgeSteps(signedHere, world.final);
  if (judged.some(isUndecided)) {
    const steps = stepsToRead(signedHere, world, judged);
    return steps.length > 0 ? { kind: "read_nonces", steps } : { kind: "wait" };
  }
  return isUntouched(judged) ? undefined : settle(state, world);
}

/** Balances, views and cost are read once, right before the end. */
function measureOrEnd(state: WorkflowState, end: EndedInit): Action {
  return state.measured ? { kind: "append", event: { case: "ended", value: end } } : { kind: "measure" };
}

/** Steps whose nonces have to be read: their deadlines have passed at the final block, or another look is due. */
function stepsToRead(state: WorkflowState, world: World, judged: readonly JudgedStep[]): number[] {
  const readAt = world.view.noncesReadAt;
  return state.steps.flatMap((step, index) => {
    if (!hasPayload(step) || judged[index]?.outcome !== "still_possible") return [];
    const passed = payloadsOf(step).every(({ deadlineMs }) => world.final.timeMs > Number(deadlineMs));
    const isFresh = readAt !== undefined && world.head < readAt + (passed ? 1 : lookEvery);
    return isFresh ? [] : [index];
  });
}

function isTold(state: WorkflowState, judged: readonly JudgedStep[], text: string): boolean {
  const told = state.settling;
  if (told?.userVisibleError !== text) return false;
  return judged.every(({ outcome, error, possibleUntil }, index) => {
    const before = told.outcomes[index];
    return before?.outcome === outcome && before.error === error && before.possibleUntil === possibleUntil;
  });
}

/**
 * A pending intent to reject, for a fee: where the relayer's balance delays others; where a failure halts the workflow, if the
 * intent would not time out anyway; and where the caller cancels it and it has no payload, which would be cancelled at the verifier.
 * Intents that another resume of ours names are left out, unless that resume is known not to have run.
 */
function leftoverOf(state: WorkflowState, world: World, judged: readonly JudgedStep[]): string | undefined {
  const { rejectTriedAt } = world.view;
  if (rejectTriedAt !== undefined && world.head < rejectTriedAt + rejectAgainAfter) return undefined;
  const named = new Set(
    state.resumes.flatMap(({ prepared, fate }) => {
      const isSpent = fate.kind === "dead" || (fate.kind === "refused" && prepared.mode !== "reject");
      return isSpent ? [] : prepared.intentIds;
    }),
  );
  const open = state.steps.flatMap((step, index) => {
    const isPlain = !hasPayload(step) && judged[index]?.outcome === "still_possible";
    const halts = state.haltOnFailure && isInTime(step, world.head);
    const isUnwanted = world.rejectLeftovers || halts || (state.cancelRequested && isPlain);
    return isDone(step) || !isUnwanted ? [] : (step.accepted?.intentId ?? []);
  });
  return open.find((intentId) => !named.has(intentId));
}

/** Pursues lost resumes until their fate shows or they are proven dead. That their fate is unknown is not recorded again. */
function pursueResumes(state: WorkflowState, world: World): Action | undefined {
  const sent = state.resumes.flatMap((resume) => {
    const { transaction } = resume.prepared;
    return isOwed(state, resume) && transaction !== undefined ? [{ transaction, atMs: resume.atMs, dead: false }] : [];
  });
  if (sent.length === 0) return undefined;
  const action = pursue(state, world, sent, { kind: "resume", giveUp: false });
  return action.kind === "wait" || action.kind === "append" ? undefined : action;
}

/**
 * Whether the record must not end without the fate of that resume: a reject, whose cost counts in any case, or a resume whose intent
 * was dispatched or rejected, by it or by another one. A node that does not know the resume may lag behind.
 */
function isOwed(state: WorkflowState, resume: ResumeState): boolean {
  return openResume(resume) && (resume.prepared.mode === "reject" || resumedOf(state, resume).length > 0);
}

/**
 * Resumes with an open fate, whose cost belongs to the record: a node knows them, may not know them yet, or must come to. The
 * clock decides and not the head, since a process that stood still sends with an old head.
 */
function resumesToLookAt(state: WorkflowState, world: World): { due: string[]; pending: boolean } {
  const open = state.resumes.filter(openResume);
  const { nowMs, settings, view } = world;
  const isKnown = ({ hash, atMs }: ResumeState) =>
    view.resumes.get(hash) !== undefined || nowMs <= atMs + settings.pollTimeoutMs;
  const isPending = (resume: ResumeState) => isKnown(resume) || isOwed(state, resume);
  return {
    due: open
      .filter((resume) => isLookDue(world, resume.hash, 0, isPending(resume) ? 1 : lookEvery))
      .map(({ hash }) => hash),
    pending: open.some(isPending),
  };
}

function transactionsToLookAt(state: WorkflowState, world: World): string[] {
  return state.steps.flatMap((step) => {
    const hash = step.accepted?.txHash ?? liveSubmission(step)?.transaction.hash;
    const isOpen = !isDone(step) && step.refused === undefined && !isForgotten(state, step);
    return isOpen && hash !== undefined && isLookDue(world, hash, 0, everyOf(state, world, step)) ? [hash] : [];
  });
}

/** Heads between looks: 1 while it runs, or while a reject or a single resume is about to end the intent. */
function everyOf(state: WorkflowState, world: World, step: StepState): number {
  const { kind } = seenOf(step, world);
  const intentId = step.accepted?.intentId ?? "";
  const isExpected = state.resumes.some(
    ({ prepared, fate }) =>
      prepared.mode !== "chain" && fate.kind === "started" && prepared.intentIds.includes(intentId),
  );
  if (kind === "running" || kind === "revocable" || (isExpected && kind === "pending")) return 1;
  return state.cancelRequested ? lookEveryWhenCancelled : lookEvery;
}
