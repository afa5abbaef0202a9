/** Block times of which the middle one counts. */
const remembered = 15;

/** Block times without which nothing is said of the next: a chain that had stood still would be waited for too long. */
const enough = 5;

/**
 * When to ask for the next block: right after it can be seen, and never sooner than an interval after the last time. How long
 * after its own time a block can be seen is found out by asking a little earlier each time, until once that was too early. It
 * holds the skew of two clocks too, so it may be negative.
 */
export class Pace {
  readonly #intervalMs: number;
  #blockTimesMs: readonly number[] = [];
  #head: { readonly height: number; readonly timeMs: number } | undefined;
  #lagMs: number | undefined;
  #wasEarly = false;
  #isEarlyNoted = false;

  /** @param intervalMs least time from one question to the next */
  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** Says what the head was when asked at that time. Times in milliseconds since the epoch, the block's own and ours. */
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
    // The block after this one was to be seen by then.
    if (this.#lagMs !== undefined && lagMs >= this.#lagMs + this.#blockTimeMs) {
      this.#early();
      return;
    }
    // Quickly until it was too early once; from then on just enough to follow what changes.
    const sooner = this.#blockTimeMs / (this.#wasEarly ? 1024 : 16);
    this.#lagMs = Math.min(this.#lagMs ?? lagMs, lagMs) - sooner;
  }

  /** Milliseconds to wait, of somebody who asked at `askedAtMs` and has done with that by `nowMs`. */
  waitMs(askedAtMs: number, nowMs: number): number {
    const earliest = askedAtMs + this.#intervalMs;
    if (this.#blockTimesMs.length < enough) return Math.max(0, earliest - nowMs);
    const latest = askedAtMs + Math.max(this.#intervalMs, 2 * this.#blockTimeMs);
    const seen = this.#head === undefined ? earliest : this.#head.timeMs + this.#blockTimeMs + (this.#lagMs ?? 0);
    return Math.max(0, Math.min(Math.max(this.#inStep(seen, earliest), earliest), latest) - nowMs);
  }

  /**
   * An interval as long as a block never lets it ask sooner after one than after the block before. So where it is late, it
   * lets one block pass, once, and is in time from then on.
   */
  #inStep(seen: number, earliest: number): number {
    const blockMs = this.#blockTimeMs;
    const isLate = earliest - seen > blockMs / 8;
    return isLate && this.#intervalMs <= blockMs ? seen + blockMs * Math.ceil((earliest - seen) / blockMs) : seen;
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
