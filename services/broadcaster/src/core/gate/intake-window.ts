/** How many are under way at once before it is known how fast they get through, and at least and at most. */
const first = 32;
const least = 4;
const most = 512;

/** One that was taken in, once nothing of it can grow old any more. */
export interface Passage {
  /** How many had been taken in before it, since the window is there. */
  readonly number: number;
  /** What it took of the time that it had. */
  readonly blocks: number;
}

/**
 * How many workflows that need no place on the gate may be under way at once. What is signed grows old: where processes,
 * database and node need longer for each the more they are, all of a crowd would fail, and half of it at a time gets through.
 * Nobody knows beforehand how many that is, so it is found as TCP finds it: one more for each that was in good time, half as many
 * for one that was not; for others that had been taken in by then not again, since they say nothing of the smaller window.
 */
export class IntakeWindow {
  readonly #inTimeBlocks: number;
  #size = first;
  #taken = 0;
  #shrunkAt = 0;

  /** @param inTimeBlocks passages that take no longer are in good time */
  constructor(inTimeBlocks: number) {
    this.#inTimeBlocks = inTimeBlocks;
  }

  get size(): number {
    return this.#size;
  }

  /** Counts one that is taken in. @returns its number */
  take(): number {
    this.#taken += 1;
    return this.#taken;
  }

  note({ number, blocks }: Passage): void {
    if (blocks <= this.#inTimeBlocks) this.#size = Math.min(most, this.#size + 1);
    else if (number > this.#shrunkAt) {
      this.#size = Math.max(least, Math.floor(this.#size / 2));
      this.#shrunkAt = this.#taken;
    }
  }
}
