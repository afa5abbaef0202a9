import { ConfigError } from "./config.ts";

/** Something that was started and can be stopped. */
export interface Running {
  stop(): Promise<void>;
}

/**
 * Runs a process: starts, stops on SIGINT or SIGTERM, and exits with 1 when it cannot start. A second signal ends it at
 * once.
 */
export async function runProcess(start: () => Promise<Running>): Promise<void> {
  let running: Running;
  try {
    running = await start();
  } catch (error) {
    process.stderr.write(`${error instanceof ConfigError ? error.message : inspectError(error)}\n`);
    process.exitCode = 1;
    return;
  }
  const stop = () => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.off(signal, stop);
      process.on(signal, () => process.exit(1));
    }
    running.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${inspectError(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
}

function inspectError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
