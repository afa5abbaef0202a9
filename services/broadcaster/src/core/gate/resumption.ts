import { type FeeTier, feeOf } from "./terms.ts";

/** How a workflow's intents are resumed (ADR 13). */
export type Resumption =
  /** All by one chain, which has the gate's tail to itself. */
  | "chain"
  /** Each by a resume of its own, in order. That needs no place on the gate. */
  | "single";

/** What a caller asked for. */
export interface Wishes {
  /** A step that fails on chain ends the attempt. */
  readonly haltOnFailure: boolean;
  /** It may be resumed step by step where it would wait long for the gate. */
  readonly anyOrdering: boolean;
}

/** How it is resumed while nothing makes it overflow. A lone call costs the same either way, and singly waits for nobody. */
export function resumptionOf(calls: number, { haltOnFailure }: Pick<Wishes, "haltOnFailure">): Resumption {
  return haltOnFailure || calls === 1 ? "single" : "chain";
}

/** What a workflow would have to wait for, instead of starting a chain. */
export interface ChainWait {
  readonly waitingFor: string;
  /** Height at which its chain could start; undefined where that cannot be told. */
  readonly expectedStart: number | undefined;
}

/**
 * Whether a workflow whose caller does not mind goes on step by step instead. A stuck gate waits for its owner: nobody
 * knows how long.
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

/** How many calls each of its resumes names, and how many resumes there are. */
export function resumesOf(calls: number, resumption: Resumption): { readonly count: number; readonly of: number } {
  return resumption === "chain" ? { count: 1, of: calls } : { count: calls, of: 1 };
}

/** yoctoNEAR that each of its resumes attaches; undefined when the gate takes no chain as long. */
export function resumeFee(
  terms: { readonly feeTiers: readonly FeeTier[] },
  calls: number,
  resumption: Resumption,
): bigint | undefined {
  return feeOf(terms, resumesOf(calls, resumption).of);
}
