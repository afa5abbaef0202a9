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
 * in. The cache is never trusted: the store is asked whether a log has grown, and its unique index decides whether an entry is
 * the next one.
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
