/** Size of the window at the start, and its bounds. */
const first = 32;
const least = 4;
const most = 512;

/** A workflow that has passed through the window: nothing of it can grow old any more. */
export interface Passage {
  /** Its position in the order of intake, from the window's start. */
  readonly number: number;
  /** Blocks that it took, as `blocksTaken` counts them. */
  readonly blocks: number;
}

/**
 * Bounds the workflows without a place on the gate that are under way at once. Signatures grow old: the more workflows run, the
 * longer processes, database and node take for each, and a whole crowd would fail where half of it gets through. The right number is
 * unknown, so it is found like TCP's congestion window: one more for each passage in time, half for a late one. Workflows taken in
 * before a shrink do not shrink it again, since they say nothing of the smaller window.
 */
export class IntakeWindow {
  readonly #inTimeBlocks: number;
  #size = first;
  #taken = 0;
  #shrunkAt = 0;

  /** @param inTimeBlocks longest passage that counts as in time */
  constructor(inTimeBlocks: number) {
    this.#inTimeBlocks = inTimeBlocks;
  }

  get size(): number {
    return this.#size;
  }

  /** Counts a workflow that is taken in. @returns its number */
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
