import type { EndedInit } from "./action.ts";

/** Outcomes of steps that moved nothing, for good. */
const unexecuted: readonly string[] = ["not_executed", "failed_on_chain"];

/**
 * Steps that are known not to have executed when a workflow ends like this, so that they no longer count against the wallet's
 * limits (rule: usage-is-released-when-nothing-ran). An end without outcomes came before anything was sent, or all steps succeeded.
 * @param steps number of steps of the workflow
 */
export function unexecutedSteps({ status, errorCode, outcomes = [] }: EndedInit, steps: number): number[] {
  // An unknown outcome may be that it was executed (rule: forgotten-is-never-unknown).
  if (status === "succeeded" || (errorCode === "outcome_unknown" && outcomes.length === 0)) return [];
  return Array.from({ length: steps }, (_, step) => step).filter((step) => {
    const outcome = outcomes[step]?.outcome;
    return outcome === undefined || unexecuted.includes(outcome);
  });
}
