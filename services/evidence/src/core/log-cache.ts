import type { ProgressEvent } from "@outlayer/contracts/outlayer/progress/v1/progress";
import { LRUCache } from "lru-cache";
import type { Folded } from "./record.ts";

/** A log as this process last saw it. Logs only grow, so all of this stays true. */
export interface CachedLog {
  readonly folded: Folded;
  /** Progress of its latest versions, in order, without gaps, up to the record's version. */
  readonly told: readonly ProgressEvent[];
}

/** Cached logs: some tens of kilobytes each. */
const limit = 500;

/** Cached progress events per log: publishers and followers are seldom further behind. */
const toldLimit = 4;

/**
 * Cache of recently used logs, folded, so that neither an append nor a read has to read a whole log again. Only stored entries get
 * in. What the cache may answer without the store:
 *
 * - an append on the version that the cache holds: the store's unique index decides whether the entry is the next one;
 * - a read for a version that its reader has been told of, and that the cache holds: by a signal on the bus, by an append of this
 *   process, or by a read of the same call before.
 *
 * The store is asked at everything else, since another process may have appended: at the first read of each call, where a signal
 * names no version or one that the cache does not hold, and whenever a reader or the publisher's sweep looks again unprompted.
 */
export class LogCache {
  readonly #cache = new LRUCache<string, CachedLog>({ max: limit });

  get(requestId: string): CachedLog | undefined {
    return this.#cache.get(requestId);
  }

  /** Caches a log unless a later version is cached. @returns the later one */
  keep(requestId: string, { folded, told }: CachedLog): CachedLog {
    const known = this.#cache.get(requestId);
    const isLater = known === undefined || known.folded.record.version < folded.record.version;
    const cached = isLater ? { folded, told: told.slice(-toldLimit) } : known;
    this.#cache.set(requestId, cached);
    return cached;
  }
}
