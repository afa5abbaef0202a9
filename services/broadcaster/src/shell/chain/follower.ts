import { type Logger, Notifier, type Ports, sleep } from "@outlayer/kit";
import { LRUCache } from "lru-cache";
import { Pace } from "../../core/chain/pace.ts";
import { clockAheadMs, isSkewed } from "../../core/checks/clock.ts";
import type { Block, NearNode } from "../../core/ports/near-node.ts";
import { BlockUnknown, RpcUnavailable } from "../../core/ports/near-node.ts";
import type { BlockPlace } from "../../core/workflow/world.ts";

export interface Heads {
  readonly optimistic: Block;
  readonly final: Block;
}

/** Blocks kept. No intent lives as long, so only recovery after a long stop asks for older blocks. */
const window = 600;

/** Greatest age of a look at the chain on which new work is begun, milliseconds; twice the interval where that is longer. */
const currentMs = 5_000;

/** Most missed blocks that are fetched one by one; after a longer gap the window begins anew. */
const longestGap = 100;

/** Most heights in a row that the chain may leave out. */
const mostLeftOut = 20;

/** Blocks from before the window whose places are cached; about 2 MB. The place of a dropped block is asked for again. */
const olderKept = 10_000;

/**
 * Follows the chain for all drivers: one block a height, however many workflows wait. Knows of every block in its
 * window whether the block is final, on the optimistic chain, or on a fork that lost.
 */
export class Follower {
  readonly changes: Notifier;
  /** Notifies when the head is asked for: what is expected of the next block can be asked for beside it. */
  readonly asks = new Notifier();
  readonly #node: NearNode;
  readonly #ports: Ports;
  readonly #logger: Logger;
  readonly #pace: Pace;
  readonly #currentMs: number;
  readonly #stopping = new AbortController();
  /** Every block of the window that was seen, forks included. */
  readonly #byHash = new Map<string, Block>();
  /** The block at each height of the optimistic chain, from the window's begin to the head. */
  readonly #chain = new Map<number, Block>();
  /** Places of blocks from before the window, once they were asked for. */
  readonly #older = new LRUCache<string, BlockPlace>({ max: olderKept });
  #head: Block | undefined;
  #final: Block | undefined;
  #begin = 0;
  #awaySince: number | undefined;
  /** Time of the last look that showed the head held here, from a fresh endpoint. */
  #seenAtMs: number | undefined;
  #clockAheadMs: number | undefined;
  /** The host's time when the head was asked for, not seen: a process that stands still in between must not lose that time. */
  #headAskedAtMs = 0;
  #running: Promise<void> | undefined;
  #asking: Promise<void> | undefined;

  constructor(node: NearNode, ports: Ports, logger: Logger, intervalMs: number) {
    this.#node = node;
    this.#ports = ports;
    this.#logger = logger;
    this.#pace = new Pace(intervalMs);
    this.#currentMs = Math.max(currentMs, 2 * intervalMs);
    this.changes = new Notifier();
  }

  /** Undefined until the chain was seen for the first time. */
  get heads(): Heads | undefined {
    return this.#head === undefined || this.#final === undefined
      ? undefined
      : { optimistic: this.#head, final: this.#final };
  }

  /**
   * The chain's time, milliseconds since the epoch: the head's, and what has passed since the head was asked for. The host's
   * clock gives the pace alone (rule: time-is-the-chains). Undefined until the chain was seen for the first time.
   */
  get timeMs(): number | undefined {
    return this.#head === undefined
      ? undefined
      : this.#head.timeMs + Math.max(0, this.#ports.clock.now() - this.#headAskedAtMs);
  }

  /** How far the host's clock was ahead of the latest block when that was first seen, milliseconds; undefined before any. */
  get clockAheadMs(): number | undefined {
    return this.#clockAheadMs;
  }

  /** Median time of a block, milliseconds; undefined where the chain has not shown it. */
  get blockMs(): number | undefined {
    return this.#pace.blockTimeMs;
  }

  /** Since when no endpoint answers, milliseconds since the epoch; undefined while one does. */
  get awaySinceMs(): number | undefined {
    return this.#awaySince;
  }

  /**
   * Whether the heads are current: not between an outage and the next look, not in a process that has stood still, and not
   * while no endpoint is fresh. Validity that is counted from old heads is partly over when it begins.
   */
  get isCurrent(): boolean {
    const isSeen = this.#seenAtMs !== undefined && this.#ports.clock.now() - this.#seenAtMs <= this.#currentMs;
    return isSeen && this.#awaySince === undefined;
  }

  /** Resolves once the head that is asked for is known here, or was not found; undefined while none is asked for. */
  get asking(): Promise<void> | undefined {
    return this.#asking;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** The place of a block; undefined for a block that was not asked for, or is above the head. */
  place(hash: string): BlockPlace | undefined {
    const block = this.#byHash.get(hash);
    // The chain here says nothing of heights before the window.
    if (block === undefined || block.height < this.#begin) return this.#older.get(hash);
    if (block.height > (this.#head?.height ?? 0)) return undefined;
    if (this.#chain.get(block.height)?.hash !== hash) return { height: block.height, state: "forked" };
    return { height: block.height, state: block.height <= (this.#final?.height ?? 0) ? "final" : "head" };
  }

  /** Final blocks above a height, lowest first; undefined where the window begins above. */
  finalAbove(height: number): readonly Block[] | undefined {
    if (height + 1 < this.#begin) return undefined;
    const last = this.#final?.height ?? 0;
    const above = [...this.#chain.values()].filter((block) => block.height > height && block.height <= last);
    return above.sort((a, b) => a.height - b.height);
  }

  /** Makes sure that the place of these blocks is known. */
  async learn(hashes: Iterable<string>): Promise<void> {
    for (const hash of await this.#unknownOf(hashes)) await this.#learn(hash);
  }

  /** The same, but for blocks that the node does not know: it lags behind, or has collected them. */
  async learnIfKept(hashes: Iterable<string>): Promise<void> {
    for (const hash of await this.#unknownOf(hashes)) {
      try {
        await this.#learn(hash);
      } catch (error) {
        if (!(error instanceof BlockUnknown)) throw error;
      }
    }
  }

  async #unknownOf(hashes: Iterable<string>): Promise<readonly string[]> {
    const wanted = [...new Set(hashes)];
    const unknown = () => wanted.filter((hash) => this.place(hash) === undefined);
    if (unknown().length === 0) return [];
    // One of them may be the head that is asked for. What is asked for later is not waited for: it would cost a block each time.
    await this.#asking;
    return unknown();
  }

  async #learn(hash: string): Promise<void> {
    const block = this.#byHash.get(hash) ?? (await this.#node.block({ hash }));
    if (block.height >= this.#begin) {
      this.#byHash.set(hash, block);
      return;
    }
    const canonical = await this.#canonicalAt(block.height);
    this.#older.set(hash, { height: block.height, state: canonical.hash === hash ? "final" : "forked" });
  }

  /**
   * The block of the final chain at a height, or the last block below where the chain leaves the height out. Nodes know no
   * block there, so the search goes down from the next block above.
   * @throws BlockUnknown
   */
  async #canonicalAt(height: number): Promise<Block> {
    let block = await this.#firstFrom(height);
    while (block.height > height) block = await this.#node.block({ hash: block.prevHash });
    return block;
  }

  async #firstFrom(height: number): Promise<Block> {
    for (let above = height; ; above += 1) {
      try {
        return await this.#node.block({ height: above });
      } catch (error) {
        // A node that keeps no archive knows none of these blocks.
        if (!(error instanceof BlockUnknown) || above >= height + mostLeftOut) throw error;
      }
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const askedAtMs = this.#ports.clock.now();
      this.#asking = this.#look(askedAtMs);
      this.asks.notify();
      await this.#asking;
      this.#asking = undefined;
      this.changes.notify();
      await sleep(this.#ports.timers, this.#pace.waitMs(askedAtMs, this.#ports.clock.now()), signal);
    }
  }

  async #look(askedAtMs: number): Promise<void> {
    try {
      const head = await this.#node.block({ finality: "optimistic" });
      this.#pace.saw(head, askedAtMs);
      if (head.hash !== this.#head?.hash) this.#compareClocks(head, askedAtMs);
      if (head.hash !== this.#head?.hash) await this.#advance(head, askedAtMs);
      if (this.#awaySince !== undefined) this.#logger.info("RPC answers again");
      this.#awaySince = undefined;
      // An answer is true for the time of asking. A node that lags behind shows an older head, which is no look.
      if (head.hash === this.#head?.hash && this.#node.isFresh) this.#seenAtMs = askedAtMs;
    } catch (error) {
      // The node answers, but lags behind the node that named the block: the next look may meet another node.
      if (!(error instanceof BlockUnknown)) this.#noteOutage(error);
    }
  }

  /** @param head that was just seen for the first time */
  #compareClocks(head: Block, askedAtMs: number): void {
    const aheadMs = clockAheadMs(head, { atMs: askedAtMs }, this.#ports.clock.now());
    const wasSkewed = isSkewed(this.#clockAheadMs ?? 0);
    this.#clockAheadMs = aheadMs;
    if (isSkewed(aheadMs) === wasSkewed) return;
    const about = { host_ahead_ms: aheadMs };
    if (!wasSkewed) this.#logger.warn(about, "the host's clock and the chain's differ: time is counted by the chain's");
    else this.#logger.info(about, "the host's clock and the chain's agree again");
  }

  #noteOutage(error: unknown): void {
    if (!(error instanceof RpcUnavailable)) this.#logger.error({ err: error }, "following the chain failed");
    if (this.#awaySince === undefined) this.#logger.warn("no RPC endpoint answers");
    this.#awaySince ??= this.#ports.clock.now();
  }

  /** Makes a block the head: fetches the blocks in between, and lets go of those that it replaces. */
  async #advance(head: Block, askedAtMs: number): Promise<void> {
    // A node that lags behind the one asked before shows an older head.
    if (this.#isOnChain(head.hash)) return;
    // The window then begins anew at the last final block: none before that is fetched.
    const isAnew = this.#head === undefined || head.height - this.#head.height > longestGap;
    const branch = [head];
    for (let oldest = head; !this.#isOnChain(oldest.prevHash); ) {
      // The node lags behind the window's begin, or is on a fork that lost: final blocks are not given up for it.
      if (this.#final !== undefined && oldest.height <= this.#final.height) return;
      if ((isAnew && oldest.hash === head.lastFinalHash) || branch.length > longestGap) {
        this.#chain.clear();
        this.#begin = oldest.height;
        break;
      }
      oldest = this.#byHash.get(oldest.prevHash) ?? (await this.#node.block({ hash: oldest.prevHash }));
      branch.push(oldest);
    }
    // Heights may be left out, so every block above the common ancestor has lost its place.
    const ancestor = this.#byHash.get(branch.at(-1)?.prevHash ?? "")?.height ?? this.#begin - 1;
    // Final blocks are not given up for what one node says.
    if (this.#final !== undefined && ancestor < this.#final.height && this.#chain.size > 0) return;
    for (const height of this.#chain.keys()) if (height > ancestor) this.#chain.delete(height);
    for (const block of branch) {
      this.#chain.set(block.height, block);
      this.#byHash.set(block.hash, block);
    }
    this.#head = head;
    this.#headAskedAtMs = askedAtMs;
    const final = this.#byHash.get(head.lastFinalHash);
    if (final !== undefined && final.height >= (this.#final?.height ?? 0)) this.#final = final;
    this.#prune();
  }

  #isOnChain(hash: string): boolean {
    const block = this.#byHash.get(hash);
    return block !== undefined && this.#chain.get(block.height)?.hash === hash;
  }

  #prune(): void {
    const keep = (this.#head?.height ?? 0) - window;
    if (keep <= this.#begin) return;
    this.#begin = keep;
    for (const height of this.#chain.keys()) if (height < keep) this.#chain.delete(height);
    for (const [hash, block] of this.#byHash) if (block.height < keep) this.#byHash.delete(hash);
  }
}
