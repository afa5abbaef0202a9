import { ConfigError } from "./config.ts";
import { systemPorts, type Timers } from "./ports.ts";

/** Something that was started and can be stopped. */
export interface Running {
  stop(): Promise<void>;
  /** Logs unfinished work when the process ends before it has stopped. */
  abandon?(why: string): void;
}

/** Time limit for a shutdown, milliseconds: less than the 30 s after which a pod is killed. */
const graceMs = 25_000;

/**
 * Runs a process: starts, stops on SIGINT or SIGTERM, and exits with 1 when it cannot start, or cannot stop in time. A
 * second signal ends it at once, with 1 as well.
 * @param start its signal is aborted when the process is told to stop while it starts
 */
export async function runProcess(
  start: (stopping: AbortSignal) => Promise<Running>,
  { timers, stopWithinMs = graceMs }: { readonly timers: Timers; readonly stopWithinMs?: number } = systemPorts(),
): Promise<void> {
  let running: Running | undefined;
  const stopping = new AbortController();
  // Deferred until the signal handlers are installed: a signal may come while it starts.
  const started = Promise.resolve().then(() => start(stopping.signal));
  const stop = async () => {
    stopping.abort();
    const giveUp = (why: string) => {
      // Nothing to report where it has not started: then nothing is left undone.
      running?.abandon?.(why);
      process.exit(1);
    };
    for (const signal of signals) {
      process.off(signal, stop);
      process.on(signal, () => giveUp("told to stop twice"));
    }
    timers.after(stopWithinMs, () => giveUp(`not stopped within ${stopWithinMs} ms`));
    try {
      await (await started).stop();
      process.exit(0);
    } catch (error) {
      // A failed start is reported below.
      if (running !== undefined) process.stderr.write(`${inspectError(error)}\n`);
      process.exit(1);
    }
  };
  for (const signal of signals) process.on(signal, stop);
  try {
    running = await started;
  } catch (error) {
    process.stderr.write(`${error instanceof ConfigError ? error.message : inspectError(error)}\n`);
    for (const signal of signals) process.off(signal, stop);
    process.exitCode = 1;
  }
}

const signals = ["SIGINT", "SIGTERM"] as const;

function inspectError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
