import type { StepResolved } from "@outlayer/contracts/outlayer/evidence/v1/event";
import type { ErrorCode, TerminalStatus } from "@outlayer/workflow";
import { classifyRefusal, isNonceUsedByPayload } from "../chain/gate-texts.ts";
import { isElsewhere, isUndecided, type JudgedStep } from "./outcomes.ts";
import { isForgotten, isSubmitted } from "./progress.ts";
import type { ResumeState, WorkflowState } from "./state.ts";
import { isUndone } from "./undone.ts";

/** Why a workflow went wrong: a code of the record, and a sentence. */
export interface Cause {
  readonly code: ErrorCode;
  readonly text: string;
  /** The status it ends with if nothing of it took effect; `failed` where absent. */
  readonly status?: TerminalStatus;
}

/**
 * The first thing that went wrong, in the order of events: submission, resume, dispatch, timeout.
 * @param judged the steps' outcomes, where they are known
 */
export function causeOf(state: WorkflowState, judged: readonly JudgedStep[] = []): Cause {
  const end = state.settling?.end;
  if (end !== undefined) {
    // The log has them as texts; no other code and status was ever written there.
    const [code, status] = [end.errorCode as ErrorCode, end.status as TerminalStatus];
    return { code, text: end.userVisibleError ?? "", status };
  }
  const total = state.steps.length;
  const name = (index: number) => (total === 1 ? "the call" : `step ${index + 1} of ${total}`);
  for (const [index, { refused }] of state.steps.entries()) {
    if (refused !== undefined)
      return { code: "submission_refused", text: `${name(index)} was refused by the gate: ${refused}` };
  }
  for (const { prepared, fate } of state.resumes) {
    // A refused reject is not the cause of the failure that it was to clean up.
    if (fate.kind !== "refused" || prepared.mode === "reject") continue;
    const code = codeOfResumeRefusal(fate.error);
    const what = prepared.mode === "chain" ? "start the chain" : `resume ${name(resumedBy(state, prepared))}`;
    if (code !== undefined) return { code, text: `the gate refused to ${what}: ${fate.error}` };
  }
  for (const [index, { resolved, cancel }] of state.steps.entries()) {
    if (resolved !== undefined && isUndone(resolved)) return causeOfUndone(state, judged, resolved, name(index));
    if (resolved?.receipt?.status !== "failure") continue;
    const { error = "" } = resolved.receipt;
    // The nonce was used by our own cancel.
    if (cancel === "done" && isNonceUsedByPayload(error)) continue;
    return { code: "dispatch_failed", text: `${name(index)} failed on chain: ${error}` };
  }
  if (state.cancelRequested) {
    const before = isSubmitted(state) ? "" : " before anything was sent";
    return { code: "cancelled", text: `it was cancelled at its caller's wish${before}`, status: "cancelled" };
  }
  if (state.discarded) return { code: "dispatch_failed", text: "what had been signed for it was thrown away" };
  for (const [index, { closed }] of state.steps.entries()) {
    switch (closed?.reason) {
      case undefined:
        break;
      case "timeout":
        return { code: "timed_out", text: `${name(index)} timed out on the gate before it was dispatched` };
      case "rejected":
        return { code: "dispatch_failed", text: `${name(index)} was rejected on the gate` };
      default:
        return { code: "dispatch_failed", text: `the gate failed to dispatch ${name(index)}: ${closed?.error ?? ""}` };
    }
  }
  const lost = state.steps.findIndex((step) => isForgotten(state, step));
  if (lost !== -1) {
    return { code: "outcome_unknown", text: `no NEAR node remembers what became of the transactions of ${name(lost)}` };
  }
  const next = state.steps.findIndex(({ resolved, closed }) => resolved === undefined && closed === undefined);
  const text =
    state.admitted?.resumption === "single"
      ? `${name(next)} could not be resumed before it would have timed out on the gate`
      : "the chain could not be started before its calls would have timed out on the gate";
  return { code: "timed_out", text };
}

/** The code `refunded` says that all that the workflow had taken came back (rule: refund-counts). */
function causeOfUndone(
  { steps }: WorkflowState,
  judged: readonly JudgedStep[],
  { outcome }: StepResolved,
  name: string,
): Cause {
  const isKept = steps.some(({ resolved }) => resolved?.receipt?.status === "success" && !resolved.cameBack);
  const isCarried = judged.some(isElsewhere);
  const what = outcome?.outcome === "refunded" ? "was refunded" : "failed on chain";
  const code = isKept || isCarried ? "dispatch_failed" : "refunded";
  return { code, text: `${name} ${what}: ${outcome?.error ?? ""}` };
}

/** Index of the step whose intent a resume names; the first where no step has that intent any more. */
function resumedBy(state: WorkflowState, { intentIds }: ResumeState["prepared"]): number {
  const index = state.steps.findIndex(({ accepted }) => intentIds.includes(accepted?.intentId ?? ""));
  return Math.max(index, 0);
}

/**
 * The code for a resume's refusal that ends the attempt (rule: refused-terms-end-the-attempt); undefined for any other
 * refusal.
 */
export function codeOfResumeRefusal(error: string): ErrorCode | undefined {
  switch (classifyRefusal(error)) {
    case "feeTooLow":
    case "batchTooLarge":
      return "fee_mismatch";
    case "notApprover":
      return "approver_rotated";
    case "chainInFlight":
    case "unknownIntent":
    case "firstGone":
    case "goneSingle":
      return undefined;
    case "nonceUsed":
    case "notRelayer":
    case "other":
      return "dispatch_failed";
  }
}

/**
 * The text shown while steps are still possible. It ends with the time before which not to repeat the workflow
 * (rule: settling-until-nothing-is-possible).
 */
export function settlingText(cause: Pick<Cause, "text">, steps: readonly JudgedStep[]): string {
  const open = steps.flatMap((step, index) =>
    isUndecided(step) ? [{ number: index + 1, until: step.possibleUntil ?? "" }] : [],
  );
  const last = latest(open.map(({ until }) => until));
  const subject =
    steps.length === 1
      ? "the call"
      : `step${open.length === 1 ? "" : "s"} ${open.map(({ number }) => number).join(", ")} of ${steps.length}`;
  if (last === "") return `${cause.text}; the outcome of ${subject} is not known yet; do not repeat before`;
  const time = /^\d+$/.test(last) ? `block ${last}` : last;
  return `${cause.text}; ${subject} may still execute until ${time}; do not repeat before`;
}

/** The final status of a workflow whose steps did not all succeed: anything but `failed` only where nothing of it executed. */
export function endStatus({ status = "failed" }: Cause, steps: readonly JudgedStep[]): TerminalStatus {
  return isUntouched(steps) ? status : "failed";
}

export function isUntouched(steps: readonly JudgedStep[]): boolean {
  return steps.every(({ outcome }) => outcome === "not_executed");
}

/** The text shown at the end. */
export function failedText(cause: Cause, steps: readonly JudgedStep[]): string {
  const subjectOf = (outcome: string) => {
    const numbers = steps.flatMap((step, index) => (step.outcome === outcome ? [index + 1] : []));
    if (numbers.length === 0) return undefined;
    if (steps.length === 1) return "the call";
    return `step${numbers.length === 1 ? "" : "s"} ${numbers.join(", ")} of ${steps.length}`;
  };
  const done = cause.code === "cancelled" ? subjectOf("succeeded") : undefined;
  const elsewhere = subjectOf("succeeded_elsewhere");
  const text = done === undefined ? cause.text : `${cause.text}, and ${done} had been executed by then`;
  const carrier = cause.code === "outcome_unknown" ? "" : ", carried by somebody else";
  const taken = elsewhere === undefined ? "" : `; ${elsewhere} took effect all the same${carrier}: do not repeat it`;
  const inPart = subjectOf("partly_elsewhere");
  const partly = inPart === undefined ? "" : `; ${inPart} took effect in part, carried by somebody else`;
  const unknowable = subjectOf("unknowable");
  const untold = unknowable === undefined ? "" : `; ${unknowable} may have been executed, and nobody can tell any more`;
  return `${text}${taken}${partly}${untold}`;
}

/** Times sort as text; heights by length first. A time is later than any height. */
function latest(untils: readonly string[]): string {
  return [...untils].sort((a, b) => a.length - b.length || (a < b ? -1 : 1)).at(-1) ?? "";
}
