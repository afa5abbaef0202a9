import { isMissingIntent } from "../chain/gate-texts.ts";
import type { Action } from "./action.ts";
import { isInTime } from "./in-time.ts";
import { hasStarted, openSingle, singlesOf } from "./progress.ts";
import { pursue } from "./pursue.ts";
import { type SeenIn, seenOf } from "./seen.ts";
import type { ResumeState, WorkflowState } from "./state.ts";
import { watchSingleDispatches } from "./watch-dispatches.ts";
import { isLookDue, type World } from "./world.ts";

/**
 * Resumes a workflow's intents one by one, once the gate has accepted all of them (ADR 13): each after the target of the step before
 * it has a result, as in a chain; where a failure halts the workflow, once that step has succeeded and nothing can take that back
 * any more (rule: halt-waits-for-the-aftermath). At most one resume is open at any time.
 */
export function stepwise(state: WorkflowState, world: World): Action {
  const open = openSingle(state);
  if (open?.prepared.transaction !== undefined) {
    const sent = { transaction: open.prepared.transaction, atMs: open.atMs, dead: false };
    return pursue(state, world, [sent], { kind: "resume", giveUp: isTooLate(state, open, world.head) });
  }
  const before: SeenIn[] = [];
  for (const [index, step] of state.steps.entries()) {
    const seen = seenOf(step, world);
    if (seen.kind === "pending" && !hasStarted(state, step)) return resumeStep(state, world, index, before);
    if (seen.kind === "pending" || seen.kind === "running") break;
    if (seen.kind !== "succeeded" && state.haltOnFailure) break;
    if (seen.block !== undefined) before.push(seen.block);
  }
  return watchSingleDispatches(state, world);
}

/**
 * The resume names the latest of the blocks in which its id and the results of the steps before it were seen. All of them are on
 * the head's chain, so the latest descends from the others: the resume is valid on no fork without all of them.
 */
function resumeStep(state: WorkflowState, world: World, index: number, before: readonly SeenIn[]): Action {
  const step = state.steps[index];
  const accepted = step?.accepted;
  if (step === undefined || accepted === undefined) return { kind: "wait" };
  const last = singlesOf(state, step).at(-1);
  if (last?.fate.kind === "refused" && isMissingIntent(last.fate.error)) {
    // Somebody else has dispatched it, or it timed out: its own receipts tell (rule: missing-intent-is-looked-up).
    const isDue = isLookDue(world, accepted.txHash);
    return isDue ? { kind: "look", submissions: [accepted.txHash], resumes: [] } : { kind: "wait" };
  }
  const own = { hash: accepted.blockHash, height: Number(accepted.blockHeight) };
  const block = [own, ...before].reduce((a, b) => (b.height > a.height ? b : a));
  return { kind: "resume_step", step: index, block };
}

/** Whether a resume that was not seen to land could start its intent too shortly before the gate's timeout. */
function isTooLate(state: WorkflowState, { prepared }: ResumeState, head: number): boolean {
  const step = state.steps.find(({ accepted }) => prepared.intentIds.includes(accepted?.intentId ?? ""));
  return step !== undefined && !isInTime(step, head);
}
