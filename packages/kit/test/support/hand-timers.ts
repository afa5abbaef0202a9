import type { Timers } from "@outlayer/kit";

/** Timers that fire when a test says so. */
export interface HandTimers extends Timers {
  readonly count: number;
  /** Milliseconds of each that waits now. */
  readonly waiting: readonly number[];
  /** Runs what waits now, whatever its time. */
  fire(): void;
}

export function handTimers(): HandTimers {
  const waiting = new Map<() => void, number>();
  return {
    get count() {
      return waiting.size;
    },
    get waiting() {
      return [...waiting.values()];
    },
    fire() {
      const due = [...waiting.keys()];
      waiting.clear();
      for (const run of due) run();
    },
    after(ms, run) {
      const one = () => run();
      waiting.set(one, ms);
      return () => void waiting.delete(one);
    },
  };
}
