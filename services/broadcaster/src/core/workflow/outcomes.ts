import type { StepOutcome } from "@outlayer/contracts/outlayer/workflow/v1/record";
import { revocableOf } from "../chain/aftermath.ts";
import { isNonceUsedByPayload } from "../chain/gate-texts.ts";
import { hasPayload, payloadsOf } from "./payloads.ts";
import { isForgotten } from "./progress.ts";
import type { StepState, WorkflowState } from "./state.ts";
import { isUndone } from "./undone.ts";

/** Blocks after which the gate lets a pending intent time out. */
export const yieldTimeoutBlocks = 200;

/** Facts at a final block, for judging steps that did not succeed. */
export interface FinalFacts {
  readonly height: number;
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  /** By step: whether the nonces of its payloads were used, in their order, each with the final block at which that was read. */
  readonly nonceUse: ReadonlyMap<number, readonly NonceUse[]>;
}

export interface NonceUse {
  readonly used: boolean;
  readonly timeMs: number;
  readonly height: number;
  /** Whether the verifier may have forgotten by then that it was used, so that its being unused says nothing. */
  readonly mayBeForgotten: boolean;
}

export interface JudgedStep {
  readonly outcome: string;
  readonly error: string | undefined;
  readonly possibleUntil: string | undefined;
}

/** Whether it may have executed, and nobody can tell any more (rule: forgotten-is-never-unknown). */
export function isUnknowable({ outcome }: Pick<JudgedStep, "outcome">): boolean {
  return outcome === "unknowable";
}

/** Whether somebody else has carried payloads of it. */
export function isElsewhere({ outcome }: Pick<JudgedStep, "outcome">): boolean {
  return outcome === "succeeded_elsewhere" || outcome === "partly_elsewhere";
}

/** Outcomes that can still change. */
export function isUndecided({ outcome }: Pick<JudgedStep, "outcome">): boolean {
  return outcome === "in_progress" || outcome === "still_possible";
}

/**
 * Judges the steps of a workflow whose attempt is over (rule: public-payload-stays-possible,
 * rule: signed-means-possible). A payload that was signed, or may have been, is possible until its deadline has passed at a final
 * block with its nonce unused; once it was submitted anybody may execute it, and at any time one that did not come from here
 * (rule: own-payload-is-always-possible).
 */
export function judgeSteps(state: WorkflowState, final: FinalFacts): readonly JudgedStep[] {
  return state.steps.map((step, index) => {
    const forgotten = isForgotten(state, step);
    const judged = judgeStep(step, index, final, forgotten);
    const call = state.calls[index];
    // That a nonce is used does not tell whether something was given back (rule: succeeded-is-kept).
    const isRevocable = call !== undefined && revocableOf(call, "", call.receiverId) !== undefined;
    const isOpen = forgotten && isElsewhere(judged) && isRevocable;
    return isOpen ? decided("unknowable", "it was executed, and no NEAR node remembers what was given back") : judged;
  });
}

/** @param forgotten whether no node remembers what became of it */
export function judgeStep(step: StepState, index: number, final: FinalFacts, forgotten = false): JudgedStep {
  const { resolved } = step;
  if (resolved?.receipt?.status === "success") {
    const { outcome, error } = (isUndone(resolved) ? resolved.outcome : undefined) ?? { outcome: "succeeded" };
    return decided(outcome, error);
  }
  const error = errorOf(step) ?? (forgotten ? "no NEAR node remembers what became of it" : undefined);
  if (hasPayload(step)) return judgePayloads(step, index, error, final);
  if (step.terms === undefined) return decided("not_executed", error);
  return forgotten ? decided("unknowable", error) : judgePlainCall(step, error, final);
}

/** The payloads are executed together or, by others, each by itself; each uses up a nonce of its own. */
function judgePayloads(step: StepState, index: number, error: string | undefined, final: FinalFacts): JudgedStep {
  if (step.cancel === "done") return decided(unexecuted(step), error);
  const uses = final.nonceUse.get(index) ?? [];
  const terms = payloadsOf(step);
  // Of several payloads the verifier's text does not say whose nonce was used: that is read.
  const isSaid = terms.length === 1 && error !== undefined && isNonceUsedByPayload(error);
  const fates = terms.map(({ deadlineMs }, at) => fateOf(uses[at], isSaid, deadlineMs));
  const used = fates.filter((fate) => fate === "used").length;
  if (used > 0 && step.cancel === "forgotten") return decided("unknowable", error);
  // While a cancel of ours is open, the nonce may be used by that cancel (rule: carried-by-somebody-else-is-said).
  if (used === terms.length && step.cancel !== "open") return decided("succeeded_elsewhere", error);
  const possible = terms.filter((_, at) => fates[at] === "open" || (fates[at] === "used" && step.cancel === "open"));
  if (possible.length > 0) {
    const until = Math.max(...possible.map(({ deadlineMs }) => Number(deadlineMs)));
    return { outcome: "still_possible", error, possibleUntil: isoSeconds(until) };
  }
  if (fates.includes("forgotten")) return decided("unknowable", error);
  if (used > 0) return decided("partly_elsewhere", `${used} of ${terms.length} payloads were carried by somebody else`);
  return decided(unexecuted(step), error);
}

/**
 * `used`: its nonce is; `dead`: it can not be executed any more; `forgotten`: nor can it be told any more whether it was; `open`: it
 * may still be executed.
 */
function fateOf(
  use: NonceUse | undefined,
  isSaidUsed: boolean,
  deadlineMs: bigint,
): "used" | "dead" | "forgotten" | "open" {
  if (use?.used || isSaidUsed) return "used";
  if (use === undefined || use.timeMs <= Number(deadlineMs)) return "open";
  return use.mayBeForgotten ? "forgotten" : "dead";
}

/**
 * A call without a payload: once dispatched or closed, the gate has used up the delegate's nonce and nobody can send it again
 * (rule: plain-call-ends-with-its-target).
 */
function judgePlainCall(step: StepState, error: string | undefined, final: FinalFacts): JudgedStep {
  if (step.resolved !== undefined) return decided("failed_on_chain", error);
  if (step.closed !== undefined) return decided("not_executed", error);
  if (step.accepted !== undefined) {
    const until = Number(step.accepted.blockHeight) + yieldTimeoutBlocks;
    return { outcome: "still_possible", error, possibleUntil: String(until) };
  }
  const until = Number(step.terms?.maxBlockHeight ?? 0n);
  if (final.height > until) return decided("not_executed", error);
  return { outcome: "still_possible", error, possibleUntil: String(until) };
}

function errorOf(step: StepState): string | undefined {
  return step.resolved?.receipt?.error ?? step.refused ?? step.closed?.error ?? step.closed?.reason;
}

/** No earlier than the time: until then it is possible. */
function isoSeconds(ms: number): string {
  return new Date(Math.ceil(ms / 1000) * 1000).toISOString().replace(".000Z", "Z");
}

export function toStepOutcome({ outcome, error, possibleUntil }: JudgedStep): Omit<StepOutcome, "$typeName"> {
  return {
    outcome,
    ...(error === undefined ? {} : { error }),
    ...(possibleUntil === undefined ? {} : { possibleUntil }),
  };
}

/** The outcome of a step whose payload can never execute. */
function unexecuted({ resolved }: StepState): string {
  return resolved === undefined ? "not_executed" : "failed_on_chain";
}

function decided(outcome: string, error?: string): JudgedStep {
  return { outcome, error, possibleUntil: undefined };
}
