import type { EndedInit } from "./action.ts";

/** Outcomes of steps that moved nothing, for good. */
const unexecuted: readonly string[] = ["not_executed", "failed_on_chain"];

/**
 * Steps of a workflow that ends like this which are known not to have executed, so that they need not count against
 * the wallet's limits any more (rule: usage-is-released-when-nothing-ran). An end without outcomes is one before anything was sent, or one where all succeeded.
 * @param steps how many the workflow has
 */
export function unexecutedSteps({ status, outcomes = [] }: EndedInit, steps: number): number[] {
  if (status === "succeeded") return [];
  return Array.from({ length: steps }, (_, step) => step).filter((step) => {
    const outcome = outcomes[step]?.outcome;
    return outcome === undefined || unexecuted.includes(outcome);
  });
}
