import type { Block, Chunk } from "./block.ts";
import type { BlockIndex } from "./block-index.ts";
import type { Chain } from "./chain.ts";
import { accountIds, type StateView, StateView as View, waitingReceipts } from "./state.ts";
import { PastReader, type Store } from "./store.ts";
import type { ActionReceipt } from "./types.ts";
import { callView, type ViewAnswer } from "./view-call.ts";

/** The state of a block is no longer kept. */
export class StatePrunedError extends Error {
  override readonly name = "StatePrunedError";
}

/** The chain as seen by a node whose newest block is `head`. */
export class ChainView {
  readonly chain: Chain;
  readonly head: Block;
  readonly #index: BlockIndex;
  readonly #store: Store;
  readonly #keptBlocks: number | undefined;

  /** @param keptBlocks newest blocks that the node has not collected as garbage; undefined: all */
  constructor(chain: Chain, index: BlockIndex, store: Store, head: Block, keptBlocks?: number) {
    this.chain = chain;
    this.#index = index;
    this.#store = store;
    this.head = head;
    this.#keptBlocks = keptBlocks;
  }

  /** Oldest block that the node still has, besides the genesis. */
  earliest(): Block {
    return this.#keptBlocks === undefined ? this.#index.genesis : this.#index.below(this.head, this.#keptBlocks - 1);
  }

  /** Whether the node has collected what is of that height: blocks, chunks, outcomes and state. */
  hasForgotten(height: bigint): boolean {
    return height < this.earliest().height;
  }

  /** Newest block that no fork can replace. */
  final(): Block {
    return this.#index.known(this.head.lastFinal) ?? this.#index.genesis;
  }

  /** Newest block with doomslug finality: `near-final`. */
  nearFinal(): Block {
    return this.#index.known(this.head.lastDsFinal) ?? this.#index.genesis;
  }

  isFinal(block: Block): boolean {
    return this.#index.isOnChain(block) && block.ordinal <= this.final().ordinal;
  }

  /** A block of the chain at a height, or undefined where that was skipped or is not reached yet. */
  atHeight(height: bigint): Block | undefined {
    return height > this.head.height || this.hasForgotten(height) ? undefined : this.#index.atHeight(height);
  }

  /** A block of any fork. */
  byHash(hash: string): Block | undefined {
    return this.#seen(this.#index.known(hash));
  }

  byChunkHash(hash: string): Chunk | undefined {
    const made = this.#index.byChunkHash(hash);
    return this.#seen(made?.block) === undefined ? undefined : made?.chunk;
  }

  /** The block, where this node has it. */
  #seen(block: Block | undefined): Block | undefined {
    return block === undefined || block.ordinal > this.head.ordinal || this.hasForgotten(block.height)
      ? undefined
      : block;
  }

  isOnChain(block: Block): boolean {
    return this.#index.isOnChain(block);
  }

  /** The view of a node that lags by `blocks`. */
  lagging(blocks: number): ChainView {
    const head = this.#index.below(this.head, blocks);
    return new ChainView(this.chain, this.#index, this.#store, head, this.#keptBlocks);
  }

  /** The view of a node that keeps only so many of the newest blocks; undefined: all. */
  keeping(blocks: number | undefined): ChainView {
    return new ChainView(this.chain, this.#index, this.#store, this.head, blocks);
  }

  /** The view of a node that stands still at the newest block up to a height. */
  asOf(height: bigint): ChainView {
    let block = this.head;
    while (block.height > height && block !== this.#index.genesis) block = this.#index.below(block, 1);
    return new ChainView(this.chain, this.#index, this.#store, block, this.#keptBlocks);
  }

  /** State after the head. */
  state(): StateView {
    return this.stateAt(this.head);
  }

  /**
   * State after a block of the chain.
   * @throws StatePrunedError for a block whose state is not kept, or that is not on the chain
   */
  stateAt(block: Block): StateView {
    if (!this.#index.isOnChain(block)) throw new StatePrunedError(`block ${block.hash} is not on the chain`);
    const later = this.#index.from(block.ordinal + 1n).map((applied) => applied.journal);
    if (later.includes(undefined) || this.hasForgotten(block.height))
      throw new StatePrunedError(`the state of block ${block.height} is no longer kept`);
    const journals = later.filter((journal) => journal !== undefined);
    return new View(journals.length === 0 ? this.#store : new PastReader(this.#store, journals));
  }

  /** Action receipts that have not run at the chain's own head: due, postponed or yielded. */
  waitingReceipts(): ActionReceipt[] {
    const due = this.chain.head.next.map(({ receipt }) => receipt).filter((receipt) => receipt.kind === "action");
    return [...due, ...waitingReceipts(this.#store)];
  }

  /**
   * Runs a method that only reads, on the state after a block, by default the head.
   * @throws ViewCallError, StatePrunedError
   */
  call(id: string, method: string, args: Uint8Array, block: Block = this.head): ViewAnswer {
    return callView(this.stateAt(block), block, id, method, args);
  }

  /** Ids of all accounts at the chain's own head. */
  accountIds(): string[] {
    return accountIds(this.#store);
  }

  /** Blocks of the chain from a height on, oldest first. */
  blocksFrom(height: bigint): Block[] {
    return this.#index
      .from(this.#index.genesis.ordinal)
      .map((applied) => applied.block)
      .filter((block) => block.height >= height && block.ordinal <= this.head.ordinal);
  }
}
