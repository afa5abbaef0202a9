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

/**
 * Histories that one thread plays. What was killed in the middle of something waits for ever, and Node keeps the signals of such
 * waits, and with them the world they were of.
 */
const perThread = 50;

/** A history takes seconds. One that takes so long goes round and round at one moment of its time. Milliseconds. */
const spinsAfterMs = 600_000;

/** Runs histories side by side. They know nothing of each other. @throws Error that names one which never ends, or breaks off */
export async function runHistories(options: PoolOptions): Promise<void> {
  await Promise.all(Array.from({ length: options.jobs ?? availableParallelism() }, () => work(options)));
}

async function work(options: PoolOptions): Promise<void> {
  while ((await workInThread(options)) === "more");
}

/** @returns whether there may be more to do than one thread does */
async function workInThread({ mutant, next, done }: PoolOptions): Promise<"more" | "done"> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), {
    workerData: { mutant },
    resourceLimits: { maxYoungGenerationSizeMb: 64 },
  });
  let given = 0;
  let playing: number | undefined;
  let spins: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve, reject) => {
      const give = () => {
        clearTimeout(spins);
        if (given === perThread) return resolve("more");
        const seed = next();
        if (seed === undefined) return resolve("done");
        given += 1;
        playing = seed;
        spins = setTimeout(() => reject(new Error(`history ${seed} does not come to its end`)), spinsAfterMs);
        worker.postMessage(seed);
      };
      worker.on("message", (result: HistoryResult) => {
        done(result);
        give();
      });
      worker.on("error", (cause) => reject(new Error(`history ${playing} broke off`, { cause })));
      give();
    });
  } finally {
    clearTimeout(spins);
    await worker.terminate();
  }
}
