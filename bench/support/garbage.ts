import { GCProfiler } from "node:v8";

/** Garbage of a process. */
export interface Garbage {
  /** Of all pauses, milliseconds. */
  readonly pausesMs: number;
  readonly longestPauseMs: number;
  readonly allocatedBytes: number;
}

/** Follows this process's garbage collections. @returns what there was since the last call */
export function followGarbage(): () => Garbage {
  let profiler = started();
  let usedBytes = process.memoryUsage().heapUsed;
  return () => {
    let allocatedBytes = 0;
    const costs: number[] = [];
    // Between two collections the heap grows by what is allocated.
    for (const { cost, beforeGC, afterGC } of profiler.stop().statistics) {
      allocatedBytes += beforeGC.heapStatistics.usedHeapSize - usedBytes;
      usedBytes = afterGC.heapStatistics.usedHeapSize;
      costs.push(cost / 1000);
    }
    const now = process.memoryUsage().heapUsed;
    allocatedBytes += now - usedBytes;
    usedBytes = now;
    profiler = started();
    return {
      pausesMs: costs.reduce((sum, cost) => sum + cost, 0),
      longestPauseMs: Math.max(0, ...costs),
      allocatedBytes,
    };
  };
}

function started(): GCProfiler {
  const profiler = new GCProfiler();
  profiler.start();
  return profiler;
}
