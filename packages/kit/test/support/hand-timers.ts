import type { Timers } from "@outlayer/kit";

/** Timers that fire when a test says so. */
export interface HandTimers extends Timers {
  readonly count: number;
  /** Runs what waits now, whatever its time. */
  fire(): void;
}

export function handTimers(): HandTimers {
  const waiting = new Set<() => void>();
  return {
    get count() {
      return waiting.size;
    },
    fire() {
      const due = [...waiting];
      waiting.clear();
      for (const run of due) run();
    },
    after(_ms, run) {
      const one = () => run();
      waiting.add(one);
      return () => void waiting.delete(one);
    },
  };
}
