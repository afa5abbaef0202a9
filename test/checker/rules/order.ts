import type { ChainFacts } from "../chain.ts";
import type { Violation } from "../violation.ts";
import type { WorkflowFacts } from "../workflow.ts";

/** The steps of a workflow are dispatched in the order in which they were asked for. */
export function checkOrder({ dispatched, submitted }: ChainFacts, { requestId, steps }: WorkflowFacts): Violation[] {
  const violations: Violation[] = [];
  let before: { index: number; height: number } | undefined;
  for (const { index, delegates } of steps) {
    const heights = [...submitted.values()]
      .filter(({ delegate }) => delegates.includes(delegate))
      .flatMap(({ place }) => (dispatched.get(place) ?? []).map(({ height }) => height));
    for (const height of heights) {
      if (before !== undefined && height <= before.height) {
        const sentence = `step ${index} was dispatched at ${height}, step ${before.index} at ${before.height}`;
        violations.push({ kind: "order", requestId, sentence });
      }
    }
    if (heights.length > 0) before = { index, height: Math.max(...heights) };
  }
  return violations;
}
