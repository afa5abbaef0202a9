import { type DestinationStream, type Logger, pino } from "pino";
import { contextLogFields } from "./call-context.ts";

export type { Logger } from "pino";

export const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * One JSON line an event, on standard output unless a destination is given. Each line carries the service, the trace,
 * and what the work at hand is for.
 */
export function createLogger(service: string, level: LogLevel, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    mixin: contextLogFields,
    serializers: { err: describeError },
  };
  // Synchronous: the last lines before a process exits matter most.
  return pino(options, destination ?? pino.destination({ dest: 1, sync: true }));
}

/** An error as it is logged. Never its other properties: a library's can hold a request with its headers, or a URL. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error);
  const { name, message, stack, cause } = error;
  const code = "code" in error ? error.code : undefined;
  return { type: name, message, code, stack, ...(cause === undefined ? {} : { cause: describeError(cause) }) };
}
