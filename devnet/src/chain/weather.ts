import { fractionOf } from "./chance.ts";
import type { Json } from "./errors.ts";

/** How unkind the chain is: chances from 0 to 1. What they decide depends on the seed and on what it befalls, and on nothing else. */
export interface Weather {
  readonly seed: string;
  /** Of a shard's chunk at a height to be missing. */
  readonly missedChunk: number;
  /** Of what goes from one shard to another, or to itself, at a height to be late. */
  readonly lateHop: number;
  /** Of a transaction to wait in the pool. */
  readonly lateTransaction: number;
  /** Of a shard to take no transactions for a while. */
  readonly congestion: number;
  /** Of a transaction that is invalid once its block is made to be in the block nevertheless, and to have failed (protocol 83). */
  readonly invalidOutcome: number;
}

export const calm: Weather = {
  seed: "",
  missedChunk: 0,
  lateHop: 0,
  lateTransaction: 0,
  congestion: 0,
  invalidOutcome: 0,
};

/** Most blocks by which a receipt or a transaction is late. */
const mostBlocksLate = 10;

/** Blocks for which a shard is congested at a time. */
const congestedBlocks = 20n;

export function isChunkMissed({ seed, missedChunk }: Weather, shard: number, height: bigint): boolean {
  return missedChunk > 0 && fractionOf("chunk", seed, shard, height) < missedChunk;
}

/** Blocks by which receipts are late, 0 to 10, that are made at this height on one shard for the other. */
export function blocksLate({ seed, lateHop }: Weather, from: number, to: number, height: bigint): bigint {
  return lateness(lateHop, ["hop", seed, from, to, height]);
}

/** Blocks that a transaction waits in the pool, 0 to 10. */
export function blocksInPool({ seed, lateTransaction }: Weather, hash: string): bigint {
  return lateness(lateTransaction, ["transaction", seed, hash]);
}

/** nearcore's `InvalidTxError` for whatever is sent to that shard at a height, or undefined where it takes transactions. */
export function congestionOf({ seed, congestion }: Weather, shard: number, height: bigint): Json | undefined {
  if (congestion === 0) return undefined;
  const share = fractionOf("congestion", seed, shard, height / congestedBlocks) / congestion;
  if (share >= 1) return undefined;
  // The upper half is a shard whose chunks have been missing for long.
  if (share >= 0.5) return { ShardStuck: { shard_id: shard, missed_chunks: 125 } };
  return { ShardCongested: { shard_id: shard, congestion_level: 0.9 } };
}

export function leavesOutcome({ seed, invalidOutcome }: Weather, hash: string): boolean {
  return invalidOutcome > 0 && fractionOf("invalid", seed, hash) < invalidOutcome;
}

function lateness(chance: number, what: readonly (string | bigint | number)[]): bigint {
  if (chance === 0) return 0n;
  const share = fractionOf(...what) / chance;
  return share >= 1 ? 0n : BigInt(1 + Math.floor(share * mostBlocksLate));
}
