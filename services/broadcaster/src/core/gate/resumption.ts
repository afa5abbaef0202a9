import type { WaitReason } from "../gate/place.ts";
/** How a workflow's intents are resumed (ADR 13). */
export type Resumption =
  /** All by one chain, which has the gate's tail to itself. */
  | "chain"
  /** Each by a resume of its own, in order. That needs no place on the gate. */
  | "single";

/** The caller's options, and the planner's. */
export interface Wishes {
  /** Whether a step that fails on chain ends the attempt. */
  readonly haltOnFailure: boolean;
  /** Whether a call's receiver may keep the gate waiting (rule: chain-is-for-targets-that-answer). */
  readonly stepwise: boolean;
  /** Whether it may be resumed step by step where it would wait long for the gate. */
  readonly anyOrdering: boolean;
}

/** The usual resumption, before any overflow. For a lone call both cost the same, and singly it waits for nobody. */
export function resumptionOf(
  calls: number,
  { haltOnFailure, stepwise }: Pick<Wishes, "haltOnFailure" | "stepwise">,
): Resumption {
  return haltOnFailure || stepwise || calls === 1 ? "single" : "chain";
}

/** The wait that a chain would have. */
export interface ChainWait {
  readonly waitingFor: WaitReason;
  /** Height at which its chain could start; undefined where that cannot be predicted. */
  readonly expectedStart: number | undefined;
}

/**
 * Whether a workflow whose caller accepts either ordering goes on step by step instead. A stuck gate counts as an endless wait: only
 * its owner can clear it.
 * @param overflowBlocks longest wait that the operator wants; undefined: nothing overflows
 */
export function overflows(
  { anyOrdering }: Pick<Wishes, "anyOrdering">,
  { waitingFor, expectedStart }: ChainWait,
  head: number,
  overflowBlocks: number | undefined,
): boolean {
  if (!anyOrdering || overflowBlocks === undefined) return false;
  if (waitingFor === "gate_stuck") return true;
  return expectedStart !== undefined && expectedStart - head > overflowBlocks;
}

/** The number of resumes, and of calls that each names. */
export function resumesOf(calls: number, resumption: Resumption): { readonly count: number; readonly of: number } {
  return resumption === "chain" ? { count: 1, of: calls } : { count: calls, of: 1 };
}
