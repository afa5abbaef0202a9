import type { StepResolved } from "@outlayer/contracts/outlayer/evidence/v1/event";
import type { EndedInit } from "./action.ts";

/** Outcomes of steps that moved nothing, for good. */
const unexecuted: readonly string[] = ["not_executed", "failed_on_chain"];

/**
 * Steps that are known to have moved nothing when a workflow ends like this, so that they no longer count against the wallet's limits
 * (rule: usage-is-released-when-nothing-ran): they did not execute, or all that they took came back. An end without outcomes came
 * before anything was sent, or all steps succeeded.
 * @param steps number of steps of the workflow
 * @param ran of each step, where its target ran
 */
export function unmovedSteps(
  { status, errorCode, outcomes = [] }: EndedInit,
  steps: number,
  ran: readonly (Pick<StepResolved, "receipt" | "cameBack"> | undefined)[] = [],
): number[] {
  // An unknown outcome may be that it was executed (rule: forgotten-is-never-unknown).
  if (status === "succeeded" || (errorCode === "outcome_unknown" && outcomes.length === 0)) return [];
  return Array.from({ length: steps }, (_, step) => step).filter((step) => {
    const resolved = ran[step];
    if (resolved?.receipt?.status === "success") return resolved.cameBack;
    const outcome = outcomes[step]?.outcome;
    return outcome === undefined || unexecuted.includes(outcome);
  });
}
