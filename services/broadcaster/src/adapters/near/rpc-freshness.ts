import type { Logger } from "@outlayer/kit";
import { LRUCache } from "lru-cache";
import { field, height, integer, type Json, string } from "../../core/chain/json.ts";

/** How far an endpoint's final head may be behind the best seen, in height and in the blocks' time. */
const farthest = { blocks: 20, ms: 30_000 };

/** How long a final head may stand still, milliseconds. */
const standsMs = 30_000;

/** Blocks remembered, so that the hash of a final block tells its height. */
const blocksKept = 200;

interface FinalHead {
  readonly height: number;
  /** Milliseconds since the epoch, as the block says. */
  readonly timeMs: number;
}

/** What was known when an endpoint was asked: its answer is compared with no later head. */
export interface WhenAsked {
  readonly ms: number;
  readonly best: FinalHead | undefined;
}

/** The best final head that any endpoint has shown. */
export class FinalHeads {
  readonly #blocks = new LRUCache<string, FinalHead>({ max: blocksKept });
  #best: FinalHead | undefined;

  get best(): FinalHead | undefined {
    return this.#best;
  }

  /**
   * @param params of a call of `block`, and its answer
   * @returns the endpoint's final head; undefined where the answer does not tell its height
   */
  read(params: unknown, answer: Json): FinalHead | undefined {
    const header = field(answer, "header");
    const nanoseconds = integer(field(header, "timestamp_nanosec")) ?? integer(field(header, "timestamp"));
    const [at, hash] = [height(field(header, "height")), string(field(header, "hash"))];
    if (at === undefined || hash === undefined || nanoseconds === undefined) return undefined;
    const block = { height: at, timeMs: Number(nanoseconds / 1_000_000n) };
    this.#blocks.set(hash, block);
    const finality = string(field(params, "finality"));
    if (finality === undefined) return undefined;
    const final = finality === "final" ? block : this.#blocks.get(string(field(header, "last_final_block")) ?? "");
    if (final !== undefined && final.height > (this.#best?.height ?? -1)) this.#best = final;
    return final;
  }
}

/**
 * Whether one endpoint is fresh: its final head moves, and is not far behind the best seen. Judged by the highest final head that
 * the endpoint has shown, for several nodes may answer at one URL. An endpoint that has shown none counts as fresh.
 */
export class Freshness {
  readonly #label: string;
  readonly #logger: Logger;
  #highest: FinalHead | undefined;
  /** When the highest was shown first. */
  #movedAtMs = 0;
  #isStale = false;

  constructor(label: string, logger: Logger) {
    this.#label = label;
    this.#logger = logger;
  }

  get isStale(): boolean {
    return this.#isStale;
  }

  /** Height of the highest final head shown; 0 before the first. */
  get height(): number {
    return this.#highest?.height ?? 0;
  }

  /** Judges the endpoint by the final head that it showed. */
  saw(final: FinalHead, asked: WhenAsked, nowMs: number): void {
    if (this.#highest === undefined || final.height > this.#highest.height) {
      this.#highest = final;
      this.#movedAtMs = nowMs;
    }
    // A clock that was set back says nothing of the time between.
    this.#movedAtMs = Math.min(this.#movedAtMs, nowMs);
    const why = this.#why(this.#highest, asked);
    if (this.#isStale === (why !== undefined)) return;
    this.#isStale = why !== undefined;
    const line = { endpoint: this.#label, final_height: this.height, best_seen: asked.best?.height };
    if (why === undefined) this.#logger.info(line, "RPC endpoint is fresh again");
    else this.#logger.warn(line, `RPC endpoint is not fresh: its final head ${why}`);
  }

  #why(highest: FinalHead, { ms, best = highest }: WhenAsked): string | undefined {
    // Counted to the time of asking: the answer may have waited in a process that stood still.
    if (ms - this.#movedAtMs > standsMs) return "stands still";
    if (best.height - highest.height > farthest.blocks || best.timeMs - highest.timeMs > farthest.ms)
      return "lags behind";
    return undefined;
  }
}
