import type { BlockPlace } from "../workflow/world.ts";

/** Facts at a final block about a transaction that no node shows. */
export interface LandingFacts {
  readonly nonce: bigint;
  /** Height of the block that it refers to. */
  readonly blockHeight: number;
  /** Blocks after the referenced one in which the transaction is valid. */
  readonly validityBlocks: number;
  readonly finalHeight: number;
  /** Nonce of its access key at the final block; undefined when the key is gone. */
  readonly keyNonce: bigint | undefined;
  /** Where the referenced block stands; undefined while that is not known. */
  readonly block: BlockPlace | undefined;
}

export type LandingGround = "expired" | "forked_away" | "nonce_passed" | "key_gone";

/**
 * Why a transaction that no node knows cannot land any more (rule: dead-needs-a-final-ground); undefined while it still could. A
 * key nonce *equal* to the transaction's is no ground: the key has accepted the transaction, so it landed.
 */
export function groundOf(facts: LandingFacts): LandingGround | undefined {
  if (facts.keyNonce === undefined) return "key_gone";
  if (facts.keyNonce > facts.nonce) return "nonce_passed";
  if (facts.keyNonce === facts.nonce) return undefined;
  if (facts.finalHeight > facts.blockHeight + facts.validityBlocks) return "expired";
  return facts.block?.state === "forked" && facts.block.height <= facts.finalHeight ? "forked_away" : undefined;
}

/**
 * The same for a transaction on a key that others may hold, before its search in the chunks: there an equal nonce may be another
 * holder's, so it counts as passed.
 */
export function groundOnSharedKey(facts: LandingFacts): LandingGround | undefined {
  return facts.keyNonce === facts.nonce ? "nonce_passed" : groundOf(facts);
}
