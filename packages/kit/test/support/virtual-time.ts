import type { Clock, Timers } from "@outlayer/kit";

/** Clock and timers that go only when told to. */
export interface VirtualTime {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Milliseconds that each timer was set to which waits now. */
  readonly waiting: readonly number[];
  /** Runs what is due on the way, in order, also what is set meanwhile. */
  advance(ms: number): void;
  /** Runs what waits now, in order, each at its time; what is set meanwhile waits on. */
  fire(): void;
  /** Resolves once a timer of exactly so many milliseconds is waiting. */
  armed(ms: number): Promise<void>;
}

/** @param startMs milliseconds since the epoch */
export function virtualTime(startMs = 0): VirtualTime {
  interface Timer {
    readonly at: number;
    readonly ms: number;
    readonly run: () => void;
  }
  let now = startMs;
  const timers = new Set<Timer>();
  let watchers: { readonly ms: number; readonly resolve: () => void }[] = [];
  const inOrder = () => [...timers].sort((a, b) => a.at - b.at);
  const run = (timer: Timer) => {
    if (!timers.delete(timer)) return;
    now = Math.max(now, timer.at);
    timer.run();
  };
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
        timers.add(timer);
        for (const watcher of watchers.filter((one) => one.ms === ms)) watcher.resolve();
        watchers = watchers.filter((one) => one.ms !== ms);
        return () => void timers.delete(timer);
      },
    },
    get waiting() {
      return [...timers].map(({ ms }) => ms);
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const [due] = inOrder();
        if (due === undefined || due.at > end) break;
        run(due);
      }
      now = end;
    },
    fire() {
      for (const timer of inOrder()) run(timer);
    },
    armed(ms) {
      if ([...timers].some((timer) => timer.ms === ms)) return Promise.resolve();
      return new Promise((resolve) => watchers.push({ ms, resolve }));
    },
  };
}
