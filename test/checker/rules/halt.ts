import type { ChainFacts } from "../chain.ts";
import type { Violation } from "../violation.ts";
import type { WorkflowFacts } from "../workflow.ts";

/** Where a failure halts, a step is dispatched only after the one before it has succeeded. */
export function checkHalt({ dispatched, submitted }: ChainFacts, workflow: WorkflowFacts): Violation[] {
  const { requestId, steps, halts } = workflow;
  if (!halts) return [];
  const dispatchesOf = (delegates: readonly string[]) =>
    [...submitted.values()]
      .filter(({ delegate }) => delegates.includes(delegate))
      .flatMap(({ intentId }) => dispatched.get(intentId) ?? []);
  return steps.slice(1).flatMap(({ index, delegates }) => {
    const before = dispatchesOf(steps[index - 1]?.delegates ?? []);
    return dispatchesOf(delegates).flatMap(({ height }) => {
      const hasSucceeded = before.some(
        ({ result, target }) => result.kind === "value" && (target?.height ?? 0) < height,
      );
      if (hasSucceeded) return [];
      const sentence = `step ${index} was dispatched at ${height}, and step ${index - 1} had not succeeded`;
      return [{ kind: "halt", requestId, sentence }];
    });
  });
}
