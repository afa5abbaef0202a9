import type { PreparedTransaction } from "@outlayer/contracts/outlayer/evidence/v1/event";
import type { LandingFacts, LandingGround } from "../../core/chain/landing.ts";
import { type AccessKey, type NearNode, RpcRefused } from "../../core/ports/near-node.ts";
import type { Follower } from "./follower.ts";
import type { ValidityPeriod } from "./validity-period.ts";

export interface GroundNeeds {
  readonly node: NearNode;
  readonly follower: Follower;
  readonly validity: ValidityPeriod;
}

/** Judges the facts: for a key that others may hold too, or for our own. */
export type GroundOf = (facts: LandingFacts) => LandingGround | undefined;

export interface GroundsSoFar {
  /** Final height at which a ground was first found, by hash. */
  readonly groundFoundAt: Map<string, number>;
}

interface Reading {
  /** Height of the final block at which the transaction is judged. */
  readonly finalHeight: number;
  /** The transaction's key; undefined where the key is not there. */
  readonly key: AccessKey | undefined;
  /** Final height that every fresh endpoint must have reached when it is asked for the hash. */
  readonly unknownAt: number;
}

export interface FoundGround {
  readonly ground: LandingGround;
  /**
   * Set some final blocks after the ground was found: no endpoint knew the hash (rule: dead-is-unknown-to-every-endpoint), or all
   * have forgotten what they knew and the key's nonce alone decides (rule: forgotten-is-never-unknown).
   */
  readonly confirmedBy: "endpoints" | "nonce" | undefined;
}

/** Final blocks between finding a ground and asking for the hash: a node's index may lag behind its state. */
const confirmAfter = 3;

/**
 * Finds the ground on which a transaction can never land (rule: dead-needs-a-final-ground). The ground is
 * confirmed by a second call at the earliest, some blocks later.
 * @returns undefined while there is no ground
 * @throws RpcUnavailable
 */
export async function findGround(
  { node, follower, validity }: GroundNeeds,
  { hash, signerId, nonce, blockHash, blockHeight }: PreparedTransaction,
  { finalHeight, key, unknownAt }: Reading,
  groundOf: GroundOf,
  seen: GroundsSoFar,
): Promise<FoundGround | undefined> {
  // Where no node knows the block any more, the other grounds decide.
  await follower.learnIfKept([blockHash]);
  const validityBlocks = await validityOf(validity);
  const ground = groundOf({
    nonce,
    blockHeight: Number(blockHeight),
    validityBlocks,
    finalHeight,
    keyNonce: key?.nonce,
    block: follower.place(blockHash),
  });
  if (ground === undefined) return undefined;
  const foundAt = seen.groundFoundAt.get(hash);
  if (foundAt === undefined) seen.groundFoundAt.set(hash, finalHeight);
  if (foundAt === undefined || finalHeight < foundAt + confirmAfter) return { ground, confirmedBy: undefined };
  const { kind } = await node.recall({ hash, signerId, since: Number(blockHeight), at: unknownAt });
  if (kind === "unknown") return { ground, confirmedBy: "endpoints" };
  // Landing would have raised the key's nonce to the transaction's at least.
  const isOver = ground === "expired" && (key?.height ?? 0) > Number(blockHeight) + validityBlocks;
  return { ground, confirmedBy: kind === "forgotten" && isOver ? "nonce" : undefined };
}

/** A provider may not tell the period. Then nothing counts as expired, and other grounds decide. */
async function validityOf(validity: ValidityPeriod): Promise<number> {
  try {
    return await validity.blocks();
  } catch (error) {
    if (error instanceof RpcRefused) return Number.POSITIVE_INFINITY;
    throw error;
  }
}
