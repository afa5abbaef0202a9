/** Number of block times that the median is taken of. */
const remembered = 15;

/** Fewest block times for a prediction: after a standstill of the chain a few would predict too long a wait. */
const enough = 5;

/**
 * Times the requests for the next block: right after it becomes visible, and at least an interval after the last request. The lag
 * from a block's own time to its visibility is found by asking a little earlier each time, until a request comes too early. The
 * lag includes the skew of two clocks, so it may be negative.
 */
export class Pace {
  readonly #intervalMs: number;
  #blockTimesMs: readonly number[] = [];
  #head: { readonly height: number; readonly timeMs: number } | undefined;
  #lagMs: number | undefined;
  #wasEarly = false;
  #isEarlyNoted = false;

  /** @param intervalMs least time between two requests */
  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** Records the head that a request found. Times in milliseconds since the epoch, by the block and by our clock. */
  saw(head: { readonly height: number; readonly timeMs: number }, askedAtMs: number): void {
    const before = this.#head;
    if (before !== undefined && head.height <= before.height) {
      this.#early();
      return;
    }
    if (before !== undefined) {
      const perBlock = (head.timeMs - before.timeMs) / (head.height - before.height);
      this.#blockTimesMs = [...this.#blockTimesMs, perBlock].slice(-remembered);
    }
    this.#head = head;
    this.#isEarlyNoted = false;
    const lagMs = askedAtMs - head.timeMs;
    // By then the next block should have been visible too.
    if (this.#lagMs !== undefined && lagMs >= this.#lagMs + this.#blockTimeMs) {
      this.#early();
      return;
    }
    // In large steps until the first request that is too early; from then on in small ones, to follow changes.
    const sooner = this.#blockTimeMs / (this.#wasEarly ? 1024 : 16);
    this.#lagMs = Math.min(this.#lagMs ?? lagMs, lagMs) - sooner;
  }

  /** Milliseconds to wait after a request that was asked and finished at these times. */
  waitMs(requestedAtMs: number, nowMs: number): number {
    // A clock that was set back meanwhile must not make the wait as long as its step.
    const askedAtMs = Math.min(requestedAtMs, nowMs);
    const earliest = askedAtMs + this.#intervalMs;
    if (this.#blockTimesMs.length < enough) return Math.max(0, earliest - nowMs);
    const latest = askedAtMs + Math.max(this.#intervalMs, 2 * this.#blockTimeMs);
    const seen = this.#head === undefined ? earliest : this.#head.timeMs + this.#blockTimeMs + (this.#lagMs ?? 0);
    return Math.max(0, Math.min(Math.max(this.#inStep(seen, earliest), earliest), latest) - nowMs);
  }

  /**
   * With an interval as long as a block time, a request can never catch up with the blocks. When it is late, and the next one would be
   * as well, it skips one block, once, and is in time from then on.
   */
  #inStep(seen: number, earliest: number): number {
    const blockMs = this.#blockTimeMs;
    const lateMs = earliest - seen;
    const isLate = lateMs > blockMs / 8 && lateMs + this.#intervalMs > blockMs;
    return isLate && this.#intervalMs <= blockMs ? seen + blockMs * Math.ceil((earliest - seen) / blockMs) : seen;
  }

  /** Median of the latest blocks' times, milliseconds; undefined after too few blocks. */
  get blockTimeMs(): number | undefined {
    return this.#blockTimesMs.length < enough ? undefined : this.#blockTimeMs;
  }

  #early(): void {
    if (this.#isEarlyNoted) return;
    this.#isEarlyNoted = true;
    this.#wasEarly = true;
    this.#lagMs = (this.#lagMs ?? 0) + this.#blockTimeMs / 8;
  }

  get #blockTimeMs(): number {
    const sorted = [...this.#blockTimesMs].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  }
}
