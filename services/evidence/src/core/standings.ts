import type { ProgressEvent } from "@outlayer/contracts/outlayer/progress/v1/progress";
import { LRUCache } from "lru-cache";
import type { Folded } from "./record.ts";

/** Where a log stood when this process saw it last. A log only grows, so all of this stays true. */
export interface Standing {
  readonly folded: Folded;
  /** What is told of its latest versions, in order, without gaps, the last one being that of the record. */
  readonly told: readonly ProgressEvent[];
}

/** Logs that are kept folded: some tens of kilobytes each. */
const limit = 500;

/** Of how many versions is kept what is told: who publishes or follows them is seldom further behind. */
const toldLimit = 4;

/**
 * The logs that this process had to do with last, folded, so that neither an append nor a look at one has to read all of it again.
 * Only what stands in the store gets in here. Nothing is believed on the strength of it: whether a log has grown is asked of the
 * store, and whether an entry is the next one its unique index says.
 */
export class Standings {
  readonly #standings = new LRUCache<string, Standing>({ max: limit });

  get(requestId: string): Standing | undefined {
    return this.#standings.get(requestId);
  }

  /** Keeps the later one of this and what is there. @returns it */
  keep(requestId: string, { folded, told }: Standing): Standing {
    const known = this.#standings.get(requestId);
    const isLater = known === undefined || known.folded.record.version < folded.record.version;
    const standing = isLater ? { folded, told: told.slice(-toldLimit) } : known;
    this.#standings.set(requestId, standing);
    return standing;
  }
}
