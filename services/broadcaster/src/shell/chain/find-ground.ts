import type { PreparedTransaction } from "@outlayer/contracts/outlayer/evidence/v1/event";
import type { LandingFacts, LandingGround } from "../../core/chain/landing.ts";
import { type NearNode, RpcRefused } from "../../core/ports/near-node.ts";
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
  /** Nonce of the transaction's key; undefined where the key is not there. */
  readonly keyNonce: bigint | undefined;
  /** Final height that every fresh endpoint must have reached when it is asked for the hash. */
  readonly unknownAt: number;
}

export interface FoundGround {
  readonly ground: LandingGround;
  /** Whether no endpoint knew the hash some final blocks after the ground was found (rule: dead-is-unknown-to-every-endpoint). */
  readonly isConfirmed: boolean;
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
  { finalHeight, keyNonce, unknownAt }: Reading,
  groundOf: GroundOf,
  seen: GroundsSoFar,
): Promise<FoundGround | undefined> {
  await follower.learn([blockHash]);
  const ground = groundOf({
    nonce,
    blockHeight: Number(blockHeight),
    validityBlocks: await validityOf(validity),
    finalHeight,
    keyNonce,
    block: follower.place(blockHash),
  });
  if (ground === undefined) return undefined;
  const foundAt = seen.groundFoundAt.get(hash);
  if (foundAt === undefined) seen.groundFoundAt.set(hash, finalHeight);
  const isOld = foundAt !== undefined && finalHeight >= foundAt + confirmAfter;
  return { ground, isConfirmed: isOld && (await node.isUnknownEverywhere(hash, signerId, unknownAt)) };
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
