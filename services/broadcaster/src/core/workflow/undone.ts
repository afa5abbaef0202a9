import type { StepResolved } from "@outlayer/contracts/outlayer/evidence/v1/event";
import type { Aftermath } from "../chain/aftermath.ts";
import { cutError } from "../chain/cut-text.ts";

/** The outcome of a step whose own receipt succeeded, where a later receipt took back or failed what it had set off. */
export interface Undone {
  readonly outcome: { readonly outcome: "refunded" | "failed_on_chain"; readonly error: string };
  /** Whether the verifier has given back all that the step had taken. */
  readonly cameBack: boolean;
}

/** @returns nothing where all that was moved is kept by its receivers (rule: succeeded-is-kept) */
export function undoneBy(aftermath: Aftermath): Undone | Record<string, never> {
  if (aftermath.kind !== "known") return {};
  const { returned, isWhole, refused, lost } = aftermath;
  const back = [...returned].map(([token, amount]) => `${amount} of ${token}`).join(", ");
  if (lost.length > 0) {
    const but = back === "" ? "not refunded" : `not refunded; only ${back} came back`;
    return { outcome: { outcome: "failed_on_chain", error: cutError(`${causeOf(lost)} (${but})`) }, cameBack: false };
  }
  if (returned.size === 0) return {};
  const part = isWhole ? "" : ` (in part: ${back} came back)`;
  return { outcome: { outcome: "refunded", error: cutError(`${causeOf(refused)}${part}`) }, cameBack: isWhole };
}

/** Blocks, beside the target's own, that have to be final before the outcome is. */
export function decidingBlocks(aftermath: Aftermath): readonly string[] {
  return aftermath.kind === "known" ? aftermath.blockHashes : [];
}

/** Whether a step is known to have been undone after its own receipt succeeded. */
export function isUndone({ receipt, outcome }: Pick<StepResolved, "receipt" | "outcome">): boolean {
  return receipt?.status === "success" && (outcome?.outcome === "refunded" || outcome?.outcome === "failed_on_chain");
}

const causeOf = (errors: readonly string[]): string => [...new Set(errors)].join("; ");
