import { type Block, type Chunk, isIncluded } from "./block.ts";
import type { State } from "./state.ts";
import type { Journal } from "./store.ts";

/** A change to the state that no transaction makes. */
export type Intervention = (state: State) => void;

/** A block of the chain as it is applied to the state. */
export interface AppliedBlock {
  readonly block: Block;
  /** State writes of its execution and of later interventions; undefined once it is too old to be read or undone. */
  journal: Journal | undefined;
  readonly interventions: Intervention[];
}

/** All blocks ever made, and which of them are the chain. */
export class BlockIndex {
  readonly genesis: Block;
  readonly #known = new Map<string, Block>();
  readonly #chunks = new Map<string, { readonly block: Block; readonly chunk: Chunk }>();
  readonly #heights = new Map<bigint, Block>();
  readonly #applied: AppliedBlock[] = [];

  constructor(genesis: AppliedBlock) {
    this.genesis = genesis.block;
    this.push(genesis);
  }

  get last(): AppliedBlock {
    const last = this.#applied.at(-1);
    if (last === undefined) throw new Error("the chain has at least its genesis");
    return last;
  }

  push(applied: AppliedBlock): void {
    this.#applied.push(applied);
    this.#known.set(applied.block.hash, applied.block);
    this.#heights.set(applied.block.height, applied.block);
    const { block } = applied;
    for (const chunk of block.chunks) if (isIncluded(block, chunk)) this.#chunks.set(chunk.hash, { block, chunk });
  }

  /** Takes the newest block off the chain; it stays known as an orphan. */
  pop(): AppliedBlock {
    const { last } = this;
    this.#applied.pop();
    this.#heights.delete(last.block.height);
    return last;
  }

  /** A block of any fork. */
  known(hash: string): Block | undefined {
    return this.#known.get(hash);
  }

  /** A chunk, and the block of any fork that it was made for. */
  byChunkHash(hash: string): { readonly block: Block; readonly chunk: Chunk } | undefined {
    return this.#chunks.get(hash);
  }

  atHeight(height: bigint): Block | undefined {
    return this.#heights.get(height);
  }

  isOnChain(block: Block): boolean {
    return this.#heights.get(block.height)?.hash === block.hash;
  }

  /** The chain's block with that ordinal. */
  applied(ordinal: bigint): AppliedBlock | undefined {
    const index = Number(ordinal - this.genesis.ordinal);
    return index < 0 ? undefined : this.#applied[index];
  }

  /** Blocks of the chain from an ordinal on, oldest first. */
  from(ordinal: bigint): AppliedBlock[] {
    return this.#applied.slice(Math.max(0, Number(ordinal - this.genesis.ordinal)));
  }

  /** The block that is `count` blocks below another one of the chain, or the genesis. */
  below(block: Block, count: number): Block {
    const index = Number(block.ordinal - this.genesis.ordinal) - count;
    return this.#applied[Math.max(0, index)]?.block ?? this.genesis;
  }

  orphans(): Block[] {
    return [...this.#known.values()].filter((block) => !this.isOnChain(block));
  }
}
