import type { Clock } from "@outlayer/kit";

/** The start of clocks of tests in which the time of day says nothing. */
export const someMorning = "2026-06-16T10:20:00Z";

/** Further than the deadline of any payload that was signed by then, with what is configured in tests; milliseconds. */
export const pastDeadlinesMs = 300_000;

/** A clock that goes on like the system's, from a moment of the test's choice, and can be put forward. */
export class MovingClock implements Clock {
  #offsetMs: number;

  constructor(start: string) {
    this.#offsetMs = Date.parse(start) - Date.now();
  }

  now(): number {
    return Date.now() + this.#offsetMs;
  }

  advance(ms: number): void {
    this.#offsetMs += ms;
  }
}
