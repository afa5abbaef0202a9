import type { Clock, Timers } from "@outlayer/kit";

/** Clock and timers that go only when told to. */
export interface VirtualTime {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Runs what is due on the way, in order. */
  advance(ms: number): void;
  /** Resolves once a timer of exactly so many milliseconds is waiting. */
  armed(ms: number): Promise<void>;
}

export function virtualTime(startMs: number): VirtualTime {
  let now = startMs;
  let timers: { readonly at: number; readonly ms: number; readonly run: () => void }[] = [];
  let watchers: { readonly ms: number; readonly resolve: () => void }[] = [];
  return {
    clock: { now: () => now },
    timers: {
      after(ms, run) {
        if (ms === 0) {
          // Due already: nobody has to move the clock for it.
          const immediate = setImmediate(run);
          return () => clearImmediate(immediate);
        }
        const timer = { at: now + ms, ms, run };
        timers.push(timer);
        for (const watcher of watchers.filter((one) => one.ms === ms)) watcher.resolve();
        watchers = watchers.filter((one) => one.ms !== ms);
        return () => {
          timers = timers.filter((other) => other !== timer);
        };
      },
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const due = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        timers = timers.filter((timer) => timer !== due);
        now = due.at;
        due.run();
      }
      now = end;
    },
    armed(ms) {
      if (timers.some((timer) => timer.ms === ms)) return Promise.resolve();
      return new Promise((resolve) => watchers.push({ ms, resolve }));
    },
  };
}
