import type { Clock } from "@outlayer/kit";

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
