import { PerformanceObserver } from "node:perf_hooks";

/** Pauses of garbage collection so far, milliseconds. */
export interface Pauses {
  readonly sumMs: number;
  readonly longestMs: number;
}

/** Follows this process's garbage collections. @returns what there was since the last call */
export function followPauses(): () => Pauses {
  let [sumMs, longestMs] = [0, 0];
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      sumMs += duration;
      longestMs = Math.max(longestMs, duration);
    }
  });
  observer.observe({ entryTypes: ["gc"] });
  return () => {
    const pauses = { sumMs, longestMs };
    [sumMs, longestMs] = [0, 0];
    return pauses;
  };
}
