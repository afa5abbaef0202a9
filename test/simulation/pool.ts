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

/**
 * A history takes seconds of the processor. One that takes so long goes round and round at one moment of its time; one that takes
 * none at all waits for something that never comes. Not by the clock: others may leave a history next to nothing. Milliseconds.
 */
const limits = { spinsAfterCpuMs: 300_000, hangsAfterMs: 60_000, lookMs: 10_000, idleCpuMs: 5 };

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
  let endWatch = () => {};
  try {
    return await new Promise((resolve, reject) => {
      const give = () => {
        if (given === perThread) return resolve("more");
        const seed = next();
        if (seed === undefined) return resolve("done");
        given += 1;
        playing = seed;
        worker.postMessage(seed);
      };
      worker.on("message", (result: HistoryResult) => {
        done(result);
        give();
      });
      endWatch = watchOver(
        worker,
        () => given,
        (what) => reject(new Error(`history ${playing} does not come to its end: it ${what}`)),
      );
      worker.on("error", (cause) => reject(new Error(`history ${playing} broke off`, { cause })));
      give();
    });
  } finally {
    endWatch();
    await worker.terminate();
  }
}

/**
 * Looks at what a thread takes of the processor.
 * @param history the number of the one that it plays
 * @param onEndless called with what it does instead of coming to its end
 * @returns ends the looking
 */
function watchOver(worker: Worker, history: () => number, onEndless: (what: string) => void): () => void {
  let seen = { history: 0, beganCpuMs: 0, cpuMs: 0, idleMs: 0 };
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const look = async () => {
    const { user, system } = await worker.cpuUsage();
    const cpuMs = (user + system) / 1000;
    const isNext = history() !== seen.history;
    const isIdle = !isNext && cpuMs - seen.cpuMs < limits.idleCpuMs;
    seen = {
      history: history(),
      beganCpuMs: isNext ? cpuMs : seen.beganCpuMs,
      cpuMs,
      idleMs: isIdle ? seen.idleMs + limits.lookMs : 0,
    };
    if (cpuMs - seen.beganCpuMs > limits.spinsAfterCpuMs) onEndless("goes round and round");
    else if (seen.idleMs >= limits.hangsAfterMs) onEndless("waits for what never comes");
    else lookLater();
  };
  const lookLater = () => {
    // A thread that has ended says so by itself.
    if (!isOver) timer = setTimeout(() => look().catch(() => {}), limits.lookMs);
  };
  lookLater();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
