import { LRUCache } from "lru-cache";
import type { EvidenceStore, UsageEntry } from "./store.ts";
import type { Change, Ledger, Reservation } from "./usage.ts";
import { emptyFold, type Fold, firstToFold, foldedTo, nextEntry, reservationIn } from "./usage-entry.ts";

/** Cached wallets, and requests of a wallet whose reservations are cached: about a kilobyte a request. */
const maxWallets = 100;
const maxRequests = 100;
/** Entries by which a cached ledger may be behind. One that is further behind is read anew from its end. */
const maxBehind = 50;

export interface UsageLedgersDeps {
  readonly store: Pick<EvidenceStore, "lastUsageEntry" | "lastUsageEntryOf" | "usageEntriesAfter" | "appendUsage">;
}

/** A ledger after an entry, with the latest reservation of the request that it is read for. */
export type LedgerAt = Fold & Ledger;

/**
 * The usage ledgers of wallets, folded, so that a read asks the store only for entries that are newer. Only stored entries get in.
 * The cache is trusted as the cache of logs is: a reservation on the entry that the cache holds needs no read, since the unique
 * index on `seq` decides whether the next entry is the next one; everything else asks the store.
 */
export class UsageLedgers {
  readonly #store: UsageLedgersDeps["store"];
  readonly #cache = new LRUCache<string, FoldedLedger>({ max: maxWallets });

  constructor({ store }: UsageLedgersDeps) {
    this.#store = store;
  }

  /** The ledger as it stands in the store, with the reservation of one request. */
  async read(walletId: string, requestId?: string): Promise<LedgerAt> {
    const cached = this.#cache.get(walletId);
    const ledger = cached ?? new FoldedLedger(await this.#stored(walletId));
    const knows = () => requestId === undefined || ledger.knows(requestId);
    // Before the entries after `seq`: an entry that the request gets meanwhile is among these.
    if (requestId !== undefined && !knows()) {
      ledger.learn(requestId, await this.#store.lastUsageEntryOf(walletId, requestId));
    }
    const isCurrent = cached === undefined && knows();
    const isFollowed = isCurrent || (await this.#follow(walletId, ledger));
    if (!isFollowed || !knows()) return this.read(walletId, requestId);
    this.#keep(walletId, ledger);
    return ledger.at(requestId);
  }

  /** The ledger for a compare-and-set on its entry `expectedSeq`: it may be an outdated one, on which the compare-and-set fails. */
  async readAt(walletId: string, requestId: string, expectedSeq: number): Promise<LedgerAt> {
    const cached = this.#cache.get(walletId);
    const isEnough = cached?.knows(requestId) === true && cached.seq >= expectedSeq;
    return isEnough ? cached.at(requestId) : this.read(walletId, requestId);
  }

  /** Stores the entry with a change of this ledger, unless its seq exists. @returns its seq; undefined where it exists */
  async append(
    before: Fold,
    of: Pick<UsageEntry, "walletId" | "requestId">,
    kind: Parameters<typeof nextEntry>[2],
    change: Change,
  ): Promise<number | undefined> {
    const { entry, after } = nextEntry(before, of, kind, change);
    if ((await this.#store.appendUsage(entry)) === "conflict") return undefined;
    const cached = this.#cache.get(of.walletId);
    // A ledger that is further behind reads what it lacks.
    if (cached?.seq === before.seq) cached.moveOn(after, of.requestId, change.after);
    return entry.seq;
  }

  /** Folds a ledger from its latest snapshot on. */
  async #stored(walletId: string): Promise<Fold> {
    const last = await this.#store.lastUsageEntry(walletId);
    if (last === undefined) return emptyFold;
    const first = firstToFold(last);
    const count = last.seq - first;
    const before = count === 0 ? [] : await this.#store.usageEntriesAfter(walletId, first - 1, count);
    return [...before, last].reduce((fold, entry) => foldedTo(fold, entry).fold, emptyFold);
  }

  /** Reads the entries after those of a ledger. @returns false where there are too many */
  async #follow(walletId: string, ledger: FoldedLedger): Promise<boolean> {
    const later = await this.#store.usageEntriesAfter(walletId, ledger.seq, maxBehind);
    for (const entry of later) ledger.add(entry);
    if (later.length < maxBehind) return true;
    this.#cache.delete(walletId);
    return false;
  }

  #keep(walletId: string, ledger: FoldedLedger): void {
    if (ledger.requests > maxRequests) this.#cache.delete(walletId);
    else if ((this.#cache.get(walletId)?.seq ?? -1) < ledger.seq) this.#cache.set(walletId, ledger);
  }
}

/** A ledger up to an entry. It forgets no reservation that it has learnt of, so what it knows of a request holds up to that entry. */
class FoldedLedger {
  #fold: Fold;
  /** Latest reservations by request; undefined for a request without any. */
  readonly #own = new Map<string, Reservation | undefined>();

  constructor(fold: Fold) {
    this.#fold = fold;
  }

  get seq(): number {
    return this.#fold.seq;
  }

  get requests(): number {
    return this.#own.size;
  }

  knows(requestId: string): boolean {
    return this.#own.has(requestId);
  }

  /**
   * Notes the latest entry of a request, read when the ledger was at this entry or an earlier one. What was added since is newer, and
   * an entry that the ledger has not reached is left for it to reach.
   */
  learn(requestId: string, own: UsageEntry | undefined): void {
    if (this.knows(requestId) || (own !== undefined && own.seq > this.seq)) return;
    this.#own.set(requestId, own && reservationIn(own));
  }

  /** Moves on to the next entry; one that it has reached already changes nothing. */
  add(entry: UsageEntry): void {
    if (entry.seq <= this.seq) return;
    const { fold, own } = foldedTo(this.#fold, entry);
    this.moveOn(fold, entry.requestId, own);
  }

  /** Moves on to an entry, in which the reservation of a request changed. */
  moveOn(fold: Fold, requestId: string, own: Reservation): void {
    this.#fold = fold;
    this.#own.set(requestId, own);
  }

  at(requestId: string | undefined): LedgerAt {
    return { ...this.#fold, own: requestId === undefined ? undefined : this.#own.get(requestId) };
  }
}
