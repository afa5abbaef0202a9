import { isMissingIntent } from "../chain/gate-texts.ts";
import type { Action } from "./action.ts";
import { followStepwise } from "./follow.ts";
import { hasStarted, isInTime, openSingle, singlesOf } from "./progress.ts";
import { pursue } from "./pursue.ts";
import { type SeenIn, seenOf } from "./seen.ts";
import type { ResumeState, WorkflowState } from "./state.ts";
import { isLookDue, type World } from "./world.ts";

/**
 * A workflow all of whose intents were taken by the gate, and which resumes them one by one (ADR 13): each once the one
 * before it is through. Where a failure halts it, that means succeeded. At most one of its resumes is open at any time.
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
    if (seen.kind === "failed" && state.haltOnFailure) break;
    if (seen.block !== undefined) before.push(seen.block);
  }
  return followStepwise(state, world);
}

/**
 * The resume names the latest of the blocks in which its id was seen and in which the steps before it were seen to be
 * through. All of them are on the head's chain, so that one descends from the others: on a fork without any of them the
 * resume is not valid.
 */
function resumeStep(state: WorkflowState, world: World, index: number, before: readonly SeenIn[]): Action {
  const step = state.steps[index];
  const accepted = step?.accepted;
  if (step === undefined || accepted === undefined) return { kind: "wait" };
  const last = singlesOf(state, step).at(-1);
  if (last?.fate.kind === "refused" && isMissingIntent(last.fate.error)) {
    // Somebody else was faster, or its time was over: its own receipts will tell (rule: missing-intent-is-looked-up).
    const isDue = isLookDue(world, accepted.txHash);
    return isDue ? { kind: "look", submissions: [accepted.txHash], resumes: [] } : { kind: "wait" };
  }
  const own = { hash: accepted.blockHash, height: Number(accepted.blockHeight) };
  const block = [own, ...before].reduce((a, b) => (b.height > a.height ? b : a));
  return { kind: "resume_step", step: index, block };
}

/** Whether a resume that has not been seen to land could start its intent too shortly before the gate's timeout. */
function isTooLate(state: WorkflowState, { prepared }: ResumeState, head: number): boolean {
  const step = state.steps.find(({ accepted }) => prepared.intentIds.includes(accepted?.intentId ?? ""));
  return step !== undefined && !isInTime(step, head);
}
