import { type Block, type BlockInputs, genesisBlock, zeroHash } from "./block.ts";
import { type AppliedBlock, BlockIndex, type Intervention } from "./block-index.ts";
import { ChainView } from "./chain-view.ts";
import { checkTransaction } from "./convert.ts";
import { InvalidTransaction } from "./errors.ts";
import { type Dropped, makeBlock } from "./make-block.ts";
import { TransactionPool } from "./pool.ts";
import { type BlockRules, defaultRules } from "./rules.ts";
import { ShardLayout } from "./shards.ts";
import { State } from "./state.ts";
import { type Journal, Store } from "./store.ts";
import type { Transaction } from "./types.ts";
import { blocksInPool, congestionOf, isChunkMissed, type Weather } from "./weather.ts";

export interface ChainOptions {
  /** Milliseconds since the epoch: block timestamps follow it, and always rise. */
  readonly now: () => number;
  readonly chainId?: string;
  readonly genesisHeight?: bigint;
  /** Blocks for which a transaction may refer to a block hash. */
  readonly validityPeriod?: bigint;
  /** Number of newest blocks whose state can be read and undone. */
  readonly historyBlocks?: number;
  /** 1, the default, to 9. */
  readonly shards?: number;
  /** Scatters accounts over the shards. */
  readonly seed?: string;
  readonly rules?: Partial<BlockRules>;
}

export interface MineOptions {
  /** Heights to skip before this block. */
  readonly skip?: bigint;
  /** false for a block without any chunk: nothing runs in it. */
  readonly hasChunk?: boolean;
  /** Shards whose chunk is missing, beside those that the weather takes. */
  readonly missing?: readonly number[];
}

export interface ForkOptions {
  /** Number of blocks to replace; all of them above the final one. */
  readonly depth: number;
  /** Blocks to make on the new fork at once, at least 1. */
  readonly blocks?: number;
  /** Whether the new fork starts above the old head, as a late block does, or uses the same heights again. */
  readonly heights?: "above" | "same";
  /** Whether transactions of the replaced blocks return to the pool. */
  readonly transactions?: "return" | "drop";
}

/** The chain's state does not allow the request. */
export class ChainStateError extends Error {
  override readonly name = "ChainStateError";
}

interface OpenFork {
  readonly base: Block;
  readonly old: readonly AppliedBlock[];
  /** Undo what the old blocks' changes from outside did once more on the base. */
  readonly repeated: readonly Journal[];
  readonly returnTransactions: boolean;
}

const keptDropped = 1_000;

/**
 * A NEAR chain of one shard or some. Nothing in it runs by itself: `mine` makes the next block from the pool and from the receipts
 * that are under way. All state sits behind a journal per block, so blocks can be undone (`fork`) and old state read (`viewAt`). A block
 * is final once its child and grandchild follow without a gap. While a fork is open, nothing above its branching point becomes final,
 * and the new fork wins as soon as it would finalize one of its own blocks.
 */
export class Chain {
  readonly chainId: string;
  readonly validityPeriod: bigint;
  readonly layout: ShardLayout;
  readonly pool = new TransactionPool();
  readonly #now: () => number;
  readonly #historyBlocks: number;
  readonly #store = new Store();
  readonly #state = new State(this.#store);
  readonly #index: BlockIndex;
  readonly #listeners = new Set<(head: Block) => void>();
  #dropped: Dropped[] = [];
  #fork: OpenFork | undefined;
  #rules: BlockRules;
  #branches = 0;
  /** Of the newest block that any head has named as final: the first heads of a fork name older ones. */
  #finalOrdinal: bigint;

  constructor(options: ChainOptions) {
    this.#now = options.now;
    this.chainId = options.chainId ?? "devnet";
    this.validityPeriod = options.validityPeriod ?? 86_400n;
    this.#historyBlocks = options.historyBlocks ?? 500;
    this.layout = new ShardLayout(options.shards ?? 1, options.seed ?? "");
    this.#rules = { ...defaultRules, ...options.rules };
    const height = options.genesisHeight ?? 200_000_000n;
    const genesis = genesisBlock(this.chainId, height, this.#nowNs(), this.#rules, this.layout);
    this.#finalOrdinal = genesis.ordinal;
    this.#index = new BlockIndex({ block: genesis, journal: new Map(), interventions: [] });
  }

  get head(): Block {
    return this.#index.last.block;
  }

  get genesis(): Block {
    return this.#index.genesis;
  }

  get rules(): BlockRules {
    return this.#rules;
  }

  /** From the next block on. */
  changeRules(change: Partial<BlockRules>): void {
    this.#rules = { ...this.#rules, ...change };
  }

  /** Whether a fork waits for `settle`. */
  get isForked(): boolean {
    return this.#fork !== undefined;
  }

  /** Blocks that a fork can replace: those above the newest that a head has named as final. */
  get mostReplaced(): number {
    return Number(this.head.ordinal - this.#finalOrdinal);
  }

  /** Transactions that the pool accepted and that were invalid when their block was made, newest last. */
  get dropped(): readonly Dropped[] {
    return this.#dropped;
  }

  /** The chain as seen from a head, by default its own; an older head is a lagging node's. */
  view(head: Block = this.head): ChainView {
    return new ChainView(this, this.#index, this.#store, head);
  }

  /**
   * Takes a transaction into the pool; repeats do no harm.
   * @throws InvalidTransaction
   */
  submit(transaction: Transaction): void {
    if (this.pool.has(transaction.hash)) return;
    const { gasPrice, weather, chunksAhead } = this.rules;
    const next = this.head.height + 1n;
    this.#checkValidity(transaction, next, weather);
    checkTransaction(this.#state, transaction, next, gasPrice);
    this.pool.add(transaction, next + (chunksAhead ? 1n : 0n) + blocksInPool(weather, transaction.hash));
  }

  /** Makes the next block. */
  mine({ skip = 0n, hasChunk = true, missing: wanted = [] }: MineOptions = {}): Block {
    const { head, layout, rules } = this;
    const earliest = head.timestampNs + 1n;
    const now = this.#nowNs();
    const height = head.height + 1n + skip;
    const isMissing = (shard: number) =>
      !hasChunk || wanted.includes(shard) || isChunkMissed(rules.weather, shard, height);
    const missing = layout.shards.filter(isMissing);
    const block = this.#extend({
      height,
      timestampNs: now > earliest ? now : earliest,
      transactions: this.pool.due(height).filter(({ signer }) => !missing.includes(layout.of(signer))),
      missing,
      branch: this.#branches,
      rules,
    });
    this.#settleByFinality();
    this.#announce();
    return block;
  }

  /**
   * Changes the newest state outside of any transaction. The change belongs to the head block; if a fork replaces that block, the
   * change is repeated on the block that stays.
   */
  intervene(work: Intervention): void {
    this.#intervene(this.#index.last, work);
    this.#announce();
  }

  /**
   * Replaces the newest blocks by others and undoes their effects. Which fork stays is open until `settle`, or until the new one
   * finalizes a block of its own.
   * @throws ChainStateError
   */
  fork({ depth, blocks = 1, heights = "above", transactions = "return" }: ForkOptions): void {
    if (this.#fork !== undefined) throw new ChainStateError("a fork is already open");
    const possible = this.mostReplaced;
    if (!Number.isSafeInteger(depth) || depth < 1 || depth > possible) {
      throw new ChainStateError(`depth must be between 1 and ${possible}: only blocks above the final one can lose`);
    }
    if (!Number.isSafeInteger(blocks) || blocks < 1) throw new ChainStateError("blocks must be at least 1");
    const oldHead = this.head;
    const old = this.#takeOff(depth);
    const repeated = this.#repeat(old.flatMap(({ interventions }) => interventions));
    const returnTransactions = transactions === "return";
    if (returnTransactions) this.#backToPool(old);
    this.#fork = { base: this.head, old, repeated, returnTransactions };
    this.#branches += 1;
    this.mine({ skip: heights === "above" ? oldHead.height - this.head.height : 0n });
    for (let made = 1; made < blocks; made += 1) this.mine();
  }

  /**
   * Ends an open fork. If the old one is to win, it gets a further block, and the new one's blocks vanish.
   * @throws ChainStateError when none is open
   */
  settle(winner: "old" | "new"): void {
    const fork = this.#fork;
    if (fork === undefined) throw new ChainStateError("no fork is open");
    this.#fork = undefined;
    if (winner === "old") {
      const { height } = this.head;
      const lost = this.#takeOff(Number(this.head.ordinal - fork.base.ordinal));
      if (fork.returnTransactions) this.#backToPool(lost);
      // The old blocks run as they ran before: each change from outside comes after its block again.
      for (const journal of fork.repeated.toReversed()) this.#store.undo(journal);
      this.#index.last.interventions.splice(-fork.repeated.length, fork.repeated.length);
      for (const { block, interventions } of fork.old) {
        const { transactions, invalid } = block;
        this.#extend({ ...block, transactions: [...transactions, ...invalid.map(({ transaction }) => transaction)] });
        this.#repeat(interventions);
      }
      this.#repeat(lost.flatMap(({ interventions }) => interventions));
      this.mine({ skip: height > this.head.height ? height - this.head.height : 0n });
    }
    this.#announce();
  }

  /** Calls back after every change of the head or its state. @returns a function that ends this */
  onChange(listener: (head: Block) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Blocks of forks that lost. */
  orphans(): Block[] {
    return this.#index.orphans();
  }

  #extend(inputs: BlockInputs): Block {
    this.#store.begin();
    const { block, dropped } = makeBlock(this.#state, this.head, inputs, this.layout, (one) =>
      this.#checkValidity(one, inputs.height, inputs.rules.weather),
    );
    this.#index.push({ block, journal: this.#store.seal(), interventions: [] });
    const final = this.view().final().ordinal;
    if (final > this.#finalOrdinal) this.#finalOrdinal = final;
    for (const { hash } of block.transactions) this.pool.delete(hash);
    for (const { transaction } of [...block.invalid, ...dropped]) this.pool.delete(transaction.hash);
    if (dropped.length > 0) this.#dropped = [...this.#dropped, ...dropped].slice(-keptDropped);
    const old = this.#index.applied(block.ordinal - BigInt(this.#historyBlocks));
    if (old !== undefined) old.journal = undefined;
    return block;
  }

  /** Undoes the newest blocks. @returns them, oldest first */
  #takeOff(count: number): AppliedBlock[] {
    const taken: AppliedBlock[] = [];
    for (let left = count; left > 0; left -= 1) {
      const applied = this.#index.pop();
      if (applied.journal === undefined) throw new Error("a block above the final one has its journal");
      this.#store.undo(applied.journal);
      taken.unshift(applied);
    }
    return taken;
  }

  /** Repeats changes on the newest block. @returns what undoes each */
  #repeat(works: readonly Intervention[]): Journal[] {
    return works.map((work) => this.#intervene(this.#index.last, work));
  }

  #intervene(applied: AppliedBlock, work: Intervention): Journal {
    this.#store.begin();
    try {
      work(this.#state);
    } catch (error) {
      this.#store.rollback();
      throw error;
    }
    const journal = this.#store.seal();
    applied.journal = new Map([...journal, ...(applied.journal ?? [])]);
    applied.interventions.push(work);
    return journal;
  }

  #backToPool(applied: readonly AppliedBlock[]): void {
    for (const transaction of applied.flatMap(({ block }) => block.transactions)) this.pool.add(transaction);
  }

  #settleByFinality(): void {
    if (this.#fork !== undefined && this.view().final().ordinal > this.#fork.base.ordinal) this.#fork = undefined;
  }

  /**
   * Whether the block hash that a transaction refers to is recent, and on this fork, and its receiver's shard takes transactions.
   * @param height of the block that would include it
   * @throws InvalidTransaction
   */
  #checkValidity(transaction: Transaction, height: bigint, weather: Weather): void {
    const base = this.#index.known(transaction.blockHash);
    if (base === undefined || transaction.blockHash === zeroHash) throw new InvalidTransaction("Expired");
    if (this.head.height - base.height > this.validityPeriod) throw new InvalidTransaction("Expired");
    if (!this.#index.isOnChain(base)) throw new InvalidTransaction("InvalidChain");
    const congested = congestionOf(weather, this.layout.of(transaction.receiver), height);
    if (congested !== undefined) throw new InvalidTransaction(congested);
  }

  #announce(): void {
    for (const listener of [...this.#listeners]) listener(this.head);
  }

  #nowNs(): bigint {
    return BigInt(Math.floor(this.#now() * 1_000)) * 1_000n;
  }
}
