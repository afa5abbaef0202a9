import { aftermathsOf } from "../aftermath.ts";
import type { ChainFacts } from "../chain.ts";
import type { Violation } from "../violation.ts";
import type { WorkflowFacts } from "../workflow.ts";

/** Where a failure halts, a step is dispatched only after the one before it has succeeded, and nothing can take that back. */
export function checkHalt(chain: ChainFacts, workflow: WorkflowFacts, verifierId: string): Violation[] {
  const { requestId, steps, halts } = workflow;
  if (!halts) return [];
  const dispatchesOf = (delegates: readonly string[]) =>
    [...chain.submitted.values()]
      .filter(({ delegate }) => delegates.includes(delegate))
      .flatMap(({ place }) => chain.dispatched.get(place) ?? []);
  return steps.slice(1).flatMap(({ index, delegates }) => {
    const last = steps[index - 1];
    const before = last === undefined ? [] : aftermathsOf(chain, workflow, verifierId, last);
    return dispatchesOf(delegates).flatMap(({ height }) => {
      if (before.some((one) => one.isKept && one.height < height)) return [];
      const sentence = `step ${index} was dispatched at ${height}, and step ${index - 1} had not succeeded`;
      return [{ kind: "halt", requestId, sentence }];
    });
  });
}
