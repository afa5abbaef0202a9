import { deriveBytes, deriveId } from "./ids.ts";
import type { Receipt, Transaction } from "./types.ts";

/** Stands for the hash before the first block, and for absent hashes. */
export const zeroHash = "11111111111111111111111111111111";

/** Inputs of a block beside its parent state: equal inputs make equal blocks. */
export interface BlockInputs {
  readonly height: bigint;
  readonly timestampNs: bigint;
  readonly transactions: readonly Transaction[];
  /** Without a chunk nothing runs: transactions and receipts wait for the next block. */
  readonly hasChunk: boolean;
  /** Tells blocks of different forks apart. */
  readonly branch: number;
}

export interface Block extends BlockInputs {
  readonly hash: string;
  readonly prevHash: string;
  /** Height of the parent: heights may be skipped. */
  readonly prevHeight: bigint;
  /** Number of blocks up to this one. */
  readonly ordinal: bigint;
  /** Newest block with finality, and with doomslug finality, as seen from this one. */
  readonly lastFinal: string;
  readonly lastDsFinal: string;
  readonly chunkHash: string;
  /** Height of the block that the chunk was made for: this one's, or an older one's where a chunk is missing. */
  readonly chunkHeight: bigint;
  /** Receipts that came in with the chunk. */
  readonly incoming: readonly Receipt[];
  /** Receipts for the next block: left over, then made here. */
  readonly next: readonly Receipt[];
  readonly gasBurnt: bigint;
  readonly tokensBurnt: bigint;
}

/** A block's header, before the block is executed. */
export type BlockHead = Omit<Block, "next" | "gasBurnt" | "tokensBurnt" | "incoming">;

/** The header for these inputs on that parent; finality as in nearcore's doomslug. */
export function blockHead(parent: Block, inputs: BlockInputs): BlockHead {
  const { height, timestampNs, transactions, hasChunk, branch } = inputs;
  const hashes = transactions.map((transaction) => transaction.hash);
  const seed = ["block", parent.hash, height, timestampNs, hasChunk ? "chunk" : "no chunk", branch, ...hashes] as const;
  const hash = deriveId(...seed);
  const follows = height === parent.height + 1n;
  return {
    ...inputs,
    hash,
    prevHash: parent.hash,
    prevHeight: parent.height,
    ordinal: parent.ordinal + 1n,
    lastDsFinal: follows ? parent.hash : parent.lastDsFinal,
    lastFinal: follows && parent.lastDsFinal === parent.prevHash ? parent.prevHash : parent.lastFinal,
    chunkHash: hasChunk ? deriveId("chunk", hash) : parent.chunkHash,
    chunkHeight: hasChunk ? height : parent.chunkHeight,
  };
}

/** The random seed of a block: 32 bytes, the same for all of its calls and in its header. */
export function randomSeedOf({ hash }: Pick<Block, "hash">): Uint8Array {
  return deriveBytes("seed", hash);
}

/** The first block, which is final. */
export function genesisBlock(chainId: string, height: bigint, timestampNs: bigint): Block {
  const hash = deriveId("genesis", chainId, height);
  return {
    height,
    timestampNs,
    transactions: [],
    hasChunk: true,
    branch: 0,
    hash,
    prevHash: zeroHash,
    prevHeight: 0n,
    ordinal: 1n,
    lastFinal: zeroHash,
    lastDsFinal: zeroHash,
    chunkHash: deriveId("chunk", hash),
    chunkHeight: height,
    incoming: [],
    next: [],
    gasBurnt: 0n,
    tokensBurnt: 0n,
  };
}
