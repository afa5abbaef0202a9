import { type Clock, type Logger, Notifier } from "@outlayer/kit";
import { strings } from "../../core/chain/json.ts";
import { type StaleKey, staleKeysAt } from "../../core/keys/stale-keys.ts";
import { type Block, type NearNode, RpcRefused, RpcUnavailable } from "../../core/ports/near-node.ts";
import type { Follower } from "../chain/follower.ts";

/** How often every watched account is read, whatever the blocks say; milliseconds. */
const sweepMs = 600_000;
/** How often it is asked who signed in, milliseconds. */
const signedInMs = 60_000;
/** Most blocks whose changes are read in a row. Follower and accounts have a turn in between. */
const blocksAtOnce = 50;
/** Most accounts that are read in a row. */
const accountsAtOnce = 20;

/** What is told of a key. */
export interface KeyNews {
  readonly accountId: string;
  readonly publicKey: string;
  readonly event: "stale" | "resolved";
  readonly onNear: StaleKey["onNear"] | undefined;
  /** The final block at which verifier and account were read. */
  readonly block: Block;
  /** The height of the block that deleted the key; undefined where that block was not read. */
  readonly deletedAt: number | undefined;
}

export interface KeyWatcherDeps {
  readonly accountIds: readonly string[];
  /** Asks for accounts that signed in, which are watched too; the latest first. Undefined: they are not watched. */
  readonly signedIn?: () => Promise<readonly string[]>;
  readonly verifierId: string;
  readonly node: Pick<NearNode, "accessKeysAt" | "deletedKeys" | "view">;
  readonly follower: Pick<Follower, "changes" | "finalAbove" | "heads" | "isCurrent">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tell: (news: KeyNews) => void;
}

/** A stale key that was told. */
interface Told {
  readonly key: StaleKey;
  readonly atMs: number;
}

/**
 * Watches accounts for keys that the verifier takes although NEAR has deleted them. The blocks say which account to look at, and the
 * state says what is so: account and verifier are read at one final block. Every account is read at the begin of a term, after a gap
 * in the blocks, and from time to time, so that no cursor outlives the term: what no node remembers is decided by state.
 * It sends nothing: no key but the account's own can remove a key (docs/counterparts/verifier.md).
 */
export class KeyWatcher {
  readonly #deps: KeyWatcherDeps;
  readonly #stopping = new AbortController();
  /** All accounts that are watched now. */
  #watched: ReadonlySet<string>;
  #askedSignedInAtMs: number | undefined;
  #isEvidenceAway = false;
  /** By account: its stale keys, as told. */
  readonly #told = new Map<string, ReadonlyMap<string, Told>>();
  /** Accounts to read because a block changed them; these come first. */
  readonly #changed = new Set<string>();
  readonly #due = new Set<string>();
  /** Heights of deletions that were read, of keys that are not told yet. */
  readonly #deletedAt = new Map<string, number>();
  /** Height up to which the changes of blocks were read. */
  #cursor: number | undefined;
  #sweptAtMs: number | undefined;
  #isTrouble = false;
  #isFollowed = true;
  #running: Promise<void> | undefined;

  constructor(deps: KeyWatcherDeps) {
    this.#deps = deps;
    this.#watched = new Set(deps.accountIds);
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { follower, logger } = this.#deps;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const next = Notifier.next([follower.changes], signal);
      try {
        await this.#look();
        if (this.#isTrouble) logger.info("watched accounts are read again");
        this.#isTrouble = false;
      } catch (error) {
        if (!this.#isTrouble && !signal.aborted) this.#noteTrouble(error);
        this.#isTrouble = true;
      }
      await next;
    }
  }

  #noteTrouble(error: unknown): void {
    const { logger } = this.#deps;
    if (error instanceof RpcUnavailable) logger.warn({ err: error }, "watched accounts cannot be read for now");
    else logger.error({ err: error }, "watching keys failed");
  }

  async #look(): Promise<void> {
    const { follower, clock } = this.#deps;
    const final = follower.heads?.final;
    if (final === undefined || !follower.isCurrent) return;
    await this.#findSignedIn();
    if (this.#sweptAtMs === undefined || clock.now() - this.#sweptAtMs >= sweepMs) {
      for (const accountId of this.#watched) this.#due.add(accountId);
      this.#sweptAtMs = clock.now();
    }
    await this.#readBlocks(final);
    let left = accountsAtOnce;
    for (const due of [this.#changed, this.#due]) {
      for (const accountId of due) {
        if (left === 0 || this.#stopping.signal.aborted) return;
        left -= 1;
        due.delete(accountId);
        try {
          await this.#read(accountId, final);
        } catch (error) {
          // To the end, so that one account which cannot be read holds up no other.
          due.add(accountId);
          throw error;
        }
      }
    }
  }

  /** Watches who signed in lately, and watches no more who has not for long. Where evidence is away nothing changes. */
  async #findSignedIn(): Promise<void> {
    const { accountIds, signedIn, clock, logger } = this.#deps;
    if (signedIn === undefined) return;
    if (this.#askedSignedInAtMs !== undefined && clock.now() - this.#askedSignedInAtMs < signedInMs) return;
    this.#askedSignedInAtMs = clock.now();
    let found: readonly string[];
    try {
      found = await signedIn();
      this.#isEvidenceAway = false;
    } catch (error) {
      if (!this.#isEvidenceAway && !this.#stopping.signal.aborted)
        logger.warn({ err: error }, "who signed in cannot be read for now");
      this.#isEvidenceAway = true;
      return;
    }
    const before = this.#watched;
    this.#watched = new Set([...accountIds, ...found]);
    // What happened to its keys before it was watched is told by its state.
    for (const accountId of this.#watched) if (!before.has(accountId)) this.#due.add(accountId);
    for (const accountId of before) if (!this.#watched.has(accountId)) this.#forget(accountId);
  }

  #forget(accountId: string): void {
    this.#due.delete(accountId);
    this.#changed.delete(accountId);
    this.#told.delete(accountId);
    this.#forgetDeletions(accountId, new Map());
  }

  /** Reads what the blocks up to the final one did to keys; after a gap every account is read instead. */
  async #readBlocks(final: Block): Promise<void> {
    const { follower, logger } = this.#deps;
    // The accounts are read at this block or above.
    this.#cursor ??= final.height;
    if (!this.#isFollowed) return;
    if (this.#watched.size === 0) {
      this.#cursor = final.height;
      return;
    }
    const blocks = follower.finalAbove(this.#cursor);
    if (blocks === undefined) {
      logger.info({ from: this.#cursor, to: final.height }, "blocks were missed: every watched account is read");
      for (const accountId of this.#watched) this.#due.add(accountId);
      this.#cursor = final.height;
      return;
    }
    try {
      for (const block of blocks.slice(0, blocksAtOnce)) await this.#readBlock(block);
    } catch (error) {
      if (!(error instanceof RpcRefused)) throw error;
      this.#isFollowed = false;
      logger.warn(
        { err: error },
        "no endpoint tells changes of keys: watched accounts are read every ten minutes alone",
      );
    }
  }

  async #readBlock(block: Block): Promise<void> {
    for (const { accountId, publicKey } of await this.#deps.node.deletedKeys(block, [...this.#watched])) {
      this.#changed.add(accountId);
      this.#deletedAt.set(nameOf(accountId, publicKey), block.height);
    }
    this.#cursor = block.height;
  }

  async #read(accountId: string, block: Block): Promise<void> {
    const { node, verifierId, clock } = this.#deps;
    const [{ value }, onNear] = await Promise.all([
      node.view(verifierId, "public_keys_of", { account_id: accountId }, block),
      node.accessKeysAt(accountId, block),
    ]);
    const stale = staleKeysAt({ accountId, registered: strings(value), onNear });
    const before = this.#told.get(accountId) ?? new Map<string, Told>();
    const nowMs = clock.now();
    const told = new Map<string, Told>();
    for (const key of stale) {
      const last = before.get(key.publicKey);
      // An event may be lost, so it is told again while it is so.
      const isTold = last !== undefined && last.key.onNear === key.onNear && nowMs - last.atMs < sweepMs;
      if (!isTold) this.#tell(accountId, key.publicKey, "stale", key.onNear, block);
      told.set(key.publicKey, isTold ? last : { key, atMs: nowMs });
    }
    for (const publicKey of before.keys()) {
      if (!told.has(publicKey)) this.#tell(accountId, publicKey, "resolved", undefined, block);
    }
    if (told.size === 0) this.#told.delete(accountId);
    else this.#told.set(accountId, told);
    this.#forgetDeletions(accountId, told);
    this.#log(accountId, before, told, block);
  }

  #tell(
    accountId: string,
    publicKey: string,
    event: KeyNews["event"],
    onNear: StaleKey["onNear"] | undefined,
    block: Block,
  ): void {
    const deletedAt = this.#deletedAt.get(nameOf(accountId, publicKey));
    this.#deps.tell({ accountId, publicKey, event, onNear, block, deletedAt });
  }

  /** Most deleted keys were never registered, or are removed by now. */
  #forgetDeletions(accountId: string, told: ReadonlyMap<string, Told>): void {
    for (const name of this.#deletedAt.keys()) {
      const [account, publicKey = ""] = name.split(" ");
      if (account === accountId && !told.has(publicKey)) this.#deletedAt.delete(name);
    }
  }

  /** One line an account, however many keys, and only for a change. */
  #log(accountId: string, before: ReadonlyMap<string, Told>, now: ReadonlyMap<string, Told>, block: Block): void {
    const isSame = before.size === now.size && [...now.keys()].every((publicKey) => before.has(publicKey));
    if (isSame) return;
    const { logger } = this.#deps;
    const about = {
      account_id: accountId,
      stale_keys: now.size,
      first: [...now.keys()][0],
      block_height: block.height,
    };
    if (now.size === 0) logger.info(about, "no key of a watched account is stale any more");
    else logger.warn(about, "keys that NEAR does not give full access control a watched account in the verifier");
  }
}

const nameOf = (accountId: string, publicKey: string) => `${accountId} ${publicKey}`;
