import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { HistoryResult } from "./history.ts";

export interface PoolOptions {
  readonly mutant?: string | undefined;
  /** Histories at a time, each in a thread of its own. One a core where nothing is said. */
  readonly jobs?: number | undefined;
  /** The next seed to run; undefined when there is none any more. */
  readonly next: () => number | undefined;
  /** Called with each history, as it ends. */
  readonly done: (result: HistoryResult) => void;
}

/** Runs histories side by side. They know nothing of each other. */
export async function runHistories(options: PoolOptions): Promise<void> {
  await Promise.all(Array.from({ length: options.jobs ?? availableParallelism() }, () => work(options)));
}

function work({ mutant, next, done }: PoolOptions): Promise<void> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), {
    workerData: { mutant },
    resourceLimits: { maxYoungGenerationSizeMb: 64 },
  });
  return new Promise<void>((resolve, reject) => {
    const give = () => {
      const seed = next();
      if (seed === undefined) resolve();
      else worker.postMessage(seed);
    };
    worker.on("message", (result: HistoryResult) => {
      done(result);
      give();
    });
    worker.on("error", reject);
    give();
  }).finally(() => worker.terminate());
}
