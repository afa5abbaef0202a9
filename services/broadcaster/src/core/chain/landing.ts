import type { BlockPlace } from "../workflow/world.ts";

/** What is known, at a final block, of a transaction that the chain does not show. */
export interface LandingFacts {
  readonly nonce: bigint;
  /** Height of the block that it refers to. */
  readonly blockHeight: number;
  /** Blocks for which it is valid after that one. */
  readonly validityBlocks: number;
  readonly finalHeight: number;
  /** Nonce of its access key at the final block; undefined when the key is gone. */
  readonly keyNonce: bigint | undefined;
  /** Where the block that it refers to stands; undefined while that is not known. */
  readonly block: BlockPlace | undefined;
}

export type LandingGround = "expired" | "forked_away" | "nonce_passed" | "key_gone";

/**
 * Why a transaction that no node knows cannot land any more (rule: dead-needs-a-final-ground); undefined while it still
 * could. A key whose nonce *equals* the transaction's has taken it: that is no ground, it landed.
 */
export function groundOf(facts: LandingFacts): LandingGround | undefined {
  if (facts.keyNonce === undefined) return "key_gone";
  if (facts.keyNonce > facts.nonce) return "nonce_passed";
  if (facts.keyNonce === facts.nonce) return undefined;
  if (facts.finalHeight > facts.blockHeight + facts.validityBlocks) return "expired";
  return facts.block?.state === "forked" && facts.block.height <= facts.finalHeight ? "forked_away" : undefined;
}

/**
 * The same for a transaction on a key that others may hold too, and which is looked for in the chunks afterwards: a nonce
 * that equals the transaction's may have been taken by somebody else, and then it is passed.
 */
export function groundOnSharedKey(facts: LandingFacts): LandingGround | undefined {
  return facts.keyNonce === facts.nonce ? "nonce_passed" : groundOf(facts);
}
