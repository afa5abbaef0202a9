import type { Json } from "./errors.ts";
import type { Hop } from "./hops.ts";
import { deriveBytes, deriveId } from "./ids.ts";
import type { BlockRules } from "./rules.ts";
import type { ShardLayout } from "./shards.ts";
import type { Receipt, Transaction } from "./types.ts";

/** Stands for the hash before the first block, and for absent hashes. */
export const zeroHash = "11111111111111111111111111111111";

/** Inputs of a block beside its parent state: equal inputs make equal blocks. */
export interface BlockInputs {
  readonly height: bigint;
  readonly timestampNs: bigint;
  readonly transactions: readonly Transaction[];
  /** Shards without a chunk: nothing runs there, and transactions and receipts wait for the next block. */
  readonly missing: readonly number[];
  /** Tells blocks of different forks apart. */
  readonly branch: number;
  readonly rules: BlockRules;
}

export interface InvalidInclusion {
  readonly transaction: Transaction;
  /** nearcore's `InvalidTxError`. */
  readonly reason: Json;
}

/** One shard's part of a block. Where it is missing, an older block's stays in place. */
export interface Chunk {
  readonly shard: number;
  readonly hash: string;
  /** Height and parent of the block that it was made for. */
  readonly height: bigint;
  readonly prevHash: string;
  /** Those that were invalid come last. */
  readonly transactions: readonly Transaction[];
  /** Receipts that ran. */
  readonly incoming: readonly Receipt[];
  readonly gasBurnt: bigint;
  readonly tokensBurnt: bigint;
}

export interface Block extends BlockInputs {
  /** Transactions that were invalid when the block was made, and are in it nevertheless; they left failures and used no nonce. */
  readonly invalid: readonly InvalidInclusion[];
  readonly hash: string;
  readonly prevHash: string;
  /** Height of the parent: heights may be skipped. */
  readonly prevHeight: bigint;
  /** Number of blocks up to this one. */
  readonly ordinal: bigint;
  /** Newest block with finality, and with doomslug finality, as seen from this one. */
  readonly lastFinal: string;
  readonly lastDsFinal: string;
  /** One for each shard. */
  readonly chunks: readonly Chunk[];
  /** Receipts for later blocks: left over, then made here. */
  readonly next: readonly Hop[];
}

/** A block's header, before the block is executed. */
export type BlockHead = Omit<Block, "next" | "chunks">;

/** The header for these inputs on that parent; finality as in nearcore's doomslug. */
export function blockHead(parent: Block, inputs: BlockInputs, invalid: readonly InvalidInclusion[]): BlockHead {
  const { height, timestampNs, transactions, missing, branch } = inputs;
  const hashes = [...transactions, ...invalid.map(({ transaction }) => transaction)].map(({ hash: one }) => one);
  const hash = deriveId("block", parent.hash, height, timestampNs, `missing ${missing}`, branch, ...hashes);
  const follows = height === parent.height + 1n;
  return {
    ...inputs,
    invalid,
    hash,
    prevHash: parent.hash,
    prevHeight: parent.height,
    ordinal: parent.ordinal + 1n,
    lastDsFinal: follows ? parent.hash : parent.lastDsFinal,
    lastFinal: follows && parent.lastDsFinal === parent.prevHash ? parent.prevHash : parent.lastFinal,
  };
}

/** A chunk of the block without anything in it. */
export function emptyChunk({ hash, height, prevHash }: BlockHead, shard: number): Chunk {
  return {
    shard,
    hash: deriveId("chunk", hash, shard),
    height,
    prevHash,
    transactions: [],
    incoming: [],
    gasBurnt: 0n,
    tokensBurnt: 0n,
  };
}

/** Whether the shard has a chunk of this very block. */
export function isIncluded({ height }: Block, chunk: Chunk): boolean {
  return chunk.height === height;
}

/** The random seed of a block: 32 bytes, the same for all of its calls and in its header. */
export function randomSeedOf({ hash }: Pick<Block, "hash">): Uint8Array {
  return deriveBytes("seed", hash);
}

/** The first block, which is final. */
export function genesisBlock(
  chainId: string,
  height: bigint,
  timestampNs: bigint,
  rules: BlockRules,
  layout: ShardLayout,
): Block {
  const head: BlockHead = {
    height,
    timestampNs,
    transactions: [],
    invalid: [],
    missing: [],
    branch: 0,
    rules,
    hash: deriveId("genesis", chainId, height),
    prevHash: zeroHash,
    prevHeight: 0n,
    ordinal: 1n,
    lastFinal: zeroHash,
    lastDsFinal: zeroHash,
  };
  return { ...head, chunks: layout.shards.map((shard) => emptyChunk(head, shard)), next: [] };
}
