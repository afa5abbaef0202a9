import { LRUCache } from "lru-cache";
import type { EvidenceStore, UsageEntry } from "./store.ts";
import { emptyLedger, type Ledger, type Reservation, type Totals } from "./usage.ts";
import { ledgerOf, usageEntry } from "./usage-entry.ts";

/** Cached wallets, and requests of a wallet whose reservations are cached: about a kilobyte a request. */
const maxWallets = 100;
const maxRequests = 100;
/** Entries by which a cached ledger may be behind. One that is further behind is read anew from its end. */
const maxBehind = 50;

export interface UsageLedgersDeps {
  readonly store: Pick<EvidenceStore, "lastUsageEntry" | "lastUsageEntryOf" | "usageEntriesAfter" | "appendUsage">;
}

/** A ledger after its entry `seq`; 0 where it has none. */
export interface LedgerAt {
  readonly seq: number;
  readonly ledger: Ledger;
}

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
    const ledger = cached ?? new FoldedLedger(await this.#store.lastUsageEntry(walletId));
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

  /** Stores the entry that leads to this ledger, unless its seq exists. */
  async append(
    place: Pick<UsageEntry, "walletId" | "seq" | "requestId">,
    change: Parameters<typeof usageEntry>[1],
    after: Ledger & { readonly own: Reservation },
  ): Promise<"appended" | "conflict"> {
    const result = await this.#store.appendUsage(usageEntry(place, change, after));
    const cached = this.#cache.get(place.walletId);
    // A ledger that is further behind reads what it lacks.
    if (result === "appended" && cached?.seq === place.seq - 1) cached.add(place, after);
    return result;
  }

  /** Reads the entries after those of a ledger. @returns false where there are too many */
  async #follow(walletId: string, ledger: FoldedLedger): Promise<boolean> {
    const later = await this.#store.usageEntriesAfter(walletId, ledger.seq, maxBehind);
    for (const entry of later) {
      const { own, ...rest } = ledgerOf(entry, entry);
      if (own !== undefined) ledger.add(entry, { ...rest, own });
    }
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
  #seq: number;
  #atMs: number;
  #totals: Totals;
  /** Latest reservations by request; undefined for a request without any. */
  readonly #own = new Map<string, Reservation | undefined>();

  /** @param last the latest entry */
  constructor(last: UsageEntry | undefined) {
    const { atMs, totals } = last === undefined ? emptyLedger : ledgerOf(last, undefined);
    this.#seq = last?.seq ?? 0;
    this.#atMs = atMs;
    this.#totals = totals;
  }

  get seq(): number {
    return this.#seq;
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
    if (this.knows(requestId) || (own !== undefined && own.seq > this.#seq)) return;
    this.#own.set(requestId, own && ledgerOf(undefined, own).own);
  }

  /** Moves on to a later entry; one that it has reached already changes nothing. */
  add(
    { seq, requestId }: Pick<UsageEntry, "seq" | "requestId">,
    { atMs, totals, own }: Ledger & { readonly own: Reservation },
  ): void {
    if (seq <= this.#seq) return;
    this.#seq = seq;
    this.#atMs = atMs;
    this.#totals = totals;
    this.#own.set(requestId, own);
  }

  at(requestId: string | undefined): LedgerAt {
    const own = requestId === undefined ? undefined : this.#own.get(requestId);
    return { seq: this.#seq, ledger: { atMs: this.#atMs, totals: this.#totals, own } };
  }
}
