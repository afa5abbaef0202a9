import { aftermathsOf } from "../aftermath.ts";
import type { ChainFacts } from "../chain.ts";
import type { Violation } from "../violation.ts";
import type { WorkflowFacts } from "../workflow.ts";
import type { Release } from "./signed.ts";

/**
 * A step has succeeded when nothing it set off was taken back: a record that says so of value that came back is untrue, and so is one
 * that says that value came back which did not. Only what came back whole is released.
 */
export function checkUndone(
  chain: ChainFacts,
  workflow: WorkflowFacts,
  verifierId: string,
  released: readonly Release[],
): Violation[] {
  const { requestId, record, steps, isEnded } = workflow;
  if (!isEnded) return [];
  const violations: Violation[] = [];
  const untrue = (sentence: string) => violations.push({ kind: "untrue", requestId, sentence });
  for (const step of steps) {
    const said = record.step_outcomes[step.index];
    const name = `step ${step.index}`;
    const [after] = aftermathsOf(chain, workflow, verifierId, step);
    if (after === undefined) {
      if (said?.outcome === "refunded") untrue(`${name} is said to be refunded, and never succeeded`);
      continue;
    }
    const { isKept, returned, failures } = after;
    const error = said?.error ?? "";
    const isForgotten = record.fees.forgotten_tx_hashes.includes(record.submit_tx_hashes[step.index] ?? "");
    // Nobody could tell any more.
    if (said?.outcome === "unknowable" && isForgotten) continue;
    if (isKept && said?.outcome !== "succeeded") untrue(`${name} was kept, and is said to be ${said?.outcome}`);
    if (!isKept && said?.outcome === "succeeded") untrue(`${name} is said to have succeeded, and was taken back`);
    if (said?.outcome === "refunded" && returned.size === 0) untrue(`${name} is said to be refunded, and was not`);
    if (said?.outcome === "failed_on_chain") {
      if (failures.length === 0 || !error.includes("not refunded")) untrue(`${name} ran, and is said to have failed`);
      const [text = ""] = error.split(" (not refunded");
      if (!failures.some((failure) => failure.includes(JSON.stringify(text).slice(1, -1).split(": ").at(-1) ?? "")))
        untrue(`${name} failed with ${failures.join()}, not ${text}`);
    }
    const ofStep = released.filter((one) => one.requestId === requestId && one.steps.includes(step.index));
    const freed = ofStep.some(({ reservedAgainAtMs }) => reservedAgainAtMs === undefined);
    if (freed && said?.outcome !== "refunded") {
      violations.push({ kind: "released_moved", requestId, sentence: `${name} was released, and moved something` });
    }
  }
  const moved = Object.keys(record.balance_deltas).length > 0;
  if (record.error_code === "refunded" && moved) untrue("it is said to have come back whole, and moved something");
  return violations;
}
