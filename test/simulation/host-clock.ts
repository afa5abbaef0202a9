import type { Dice } from "./dice.ts";
import type { Scheduler } from "./scheduler.ts";

/** The clock of a host: the chain's time is the scheduler's, and this clock is off by something, drifts, and may jump. */
export class HostClock {
  #offsetMs = 0;
  /** Milliseconds a millisecond. */
  #drift = 0;
  #sinceMs: number;
  readonly #scheduler: Scheduler;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
    this.#sinceMs = scheduler.nowMs;
  }

  now(): number {
    const { nowMs } = this.#scheduler;
    return Math.floor(nowMs + this.#offsetMs + this.#drift * (nowMs - this.#sinceMs));
  }

  /** Puts it off as the dice say: by nothing, by what does no harm, or by what is called skew. */
  upset(dice: Dice): void {
    const mostMs = dice.pick([0, 0, 3_000, 9_000, 30_000, 400_000]);
    this.#offsetMs = dice.between(-mostMs, mostMs);
    this.#drift = dice.pick([0, 0, 1e-4, -1e-4]);
    this.#sinceMs = this.#scheduler.nowMs;
  }

  /** Sets it right, as a time server does. */
  correct(): void {
    this.#offsetMs = 0;
    this.#drift = 0;
  }
}
