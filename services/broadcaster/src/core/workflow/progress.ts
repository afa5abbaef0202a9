import type { ResumeState, SentTransaction, StepState, WorkflowState } from "./state.ts";
import { isUndone } from "./undone.ts";

/** The transaction that may still carry the step to the gate, or has carried it. */
export function liveSubmission(step: StepState): SentTransaction | undefined {
  const last = step.submissions.at(-1);
  return last?.dead ? undefined : last;
}

export const openResume = ({ fate }: ResumeState): boolean => fate.kind === "open";

/** The resume that may still start the chain, or has started it. */
export function liveResume(state: WorkflowState): ResumeState | undefined {
  return state.resumes.find(
    ({ prepared, fate }) => prepared.mode !== "reject" && (fate.kind === "open" || fate.kind === "started"),
  );
}

export function isDone(step: StepState): boolean {
  return step.resolved !== undefined || step.closed !== undefined;
}

/** Whether no node remembers what became of a step that is not done: of its intent, or of the transaction that carried it. */
export function isForgotten({ forgotten }: WorkflowState, step: StepState): boolean {
  if (forgotten.length === 0 || isDone(step) || step.refused !== undefined) return false;
  if (step.accepted !== undefined) return forgotten.includes(step.accepted.txHash);
  return step.submissions.some(({ transaction, dead }) => !dead && forgotten.includes(transaction.hash));
}

/** Whether each intent is resumed by itself, in order. */
export function isResumedSingly({ admitted }: Pick<WorkflowState, "admitted">): boolean {
  return admitted?.resumption === "single";
}

/** The resume of a single intent whose fate is not known yet. */
export function openSingle(state: WorkflowState): ResumeState | undefined {
  return state.resumes.find((resume) => resume.prepared.mode === "single" && openResume(resume));
}

/** Those intents that the resume names which were dispatched or rejected: by this resume, or by another one. */
export function resumedOf({ steps }: WorkflowState, { prepared }: ResumeState): readonly string[] {
  return steps.flatMap(({ accepted, resolved, closed }) => {
    const isByResume = resolved !== undefined || closed?.reason === "rejected";
    const intentId = accepted?.intentId ?? "";
    return isByResume && prepared.intentIds.includes(intentId) ? [intentId] : [];
  });
}

/**
 * Hashes of resumes that count as dead although they may have run: an intent that they name was dispatched or rejected, and no
 * resume that is known to have run names it. Somebody else's may have; but a node that leaves a transaction out has it seem dead.
 */
export function doubtfulResumes(state: WorkflowState): ReadonlySet<string> {
  const started = state.resumes.filter(({ fate }) => fate.kind === "started");
  const explained = new Set(started.flatMap(({ prepared }) => prepared.intentIds));
  const dead = state.resumes.filter(({ fate }) => fate.kind === "dead");
  const doubtful = dead.filter((resume) => resumedOf(state, resume).some((id) => !explained.has(id)));
  return new Set(doubtful.map(({ hash }) => hash));
}

/** Every resume of that step's intent alone, oldest first; without resumes that named an id of a lost fork. */
export function singlesOf(state: WorkflowState, { accepted }: StepState): readonly ResumeState[] {
  const intentId = accepted?.intentId ?? "";
  return state.resumes.filter(({ prepared }) => prepared.mode === "single" && prepared.intentIds.includes(intentId));
}

/** Whether a resume of ours for the step has run at a final block: the next block dispatches it. */
export function hasStarted(state: WorkflowState, step: StepState): boolean {
  return singlesOf(state, step).some(({ fate }) => fate.kind === "started");
}

/** Steps that are neither on the gate nor refused, and that no living transaction carries. */
export function unsentSteps(state: WorkflowState): number[] {
  return state.steps.flatMap((step, index) => {
    const settled = step.accepted !== undefined || step.refused !== undefined;
    return settled || liveSubmission(step) !== undefined ? [] : [index];
  });
}

export function hasSucceeded({ resolved }: StepState): boolean {
  return resolved?.receipt?.status === "success" && !isUndone(resolved);
}

/** Whether any submission may have been sent. */
export function isSubmitted({ steps }: Pick<WorkflowState, "steps">): boolean {
  return steps.some(({ submissions }) => submissions.length > 0);
}

/** Whether nothing was submitted, and something may be executed all the same: what was signed, or did not come from here. */
export function isPossibleUnsent(state: WorkflowState): boolean {
  return !isSubmitted(state) && state.steps.some(({ terms, own }) => terms !== undefined || own.length > 0);
}

/** Whether signatures exist, or may exist, that are not known to be submitted. */
export function isSignedUnsent(state: WorkflowState): boolean {
  return !isSubmitted(state) && state.steps.some(({ terms }) => terms !== undefined);
}
