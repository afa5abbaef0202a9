import type { CallOptions } from "@connectrpc/connect";
import { deadline, type Timers } from "@outlayer/kit";
import type { Call } from "../core/ports.ts";
import { problemOfUpstream } from "./upstream-problem.ts";

/** Time limit of an upstream call, milliseconds, beside the time that it was asked to wait. */
const patienceMs = 15_000;

export interface UpstreamCall extends Call {
  /** Milliseconds that the upstream was asked to wait. */
  readonly waitMs?: number;
  /** The message for a caller whose request got no answer. */
  readonly lost: string;
}

/** Calls an upstream within a time limit, and sends the limit along. @throws Problem */
export async function callUpstream<T>(
  timers: Timers,
  { credentials, signal, passOn, waitMs = 0, lost }: UpstreamCall,
  run: (options: CallOptions) => Promise<T>,
): Promise<T> {
  const limitMs = waitMs + patienceMs;
  const limit = deadline(timers, limitMs, signal);
  try {
    const heard = passOn === undefined ? {} : { onHeader: passOn };
    return await run({ ...callOptions(credentials, limit.signal), ...heard, timeoutMs: limitMs });
  } catch (error) {
    throw problemOfUpstream(error, lost);
  } finally {
    limit.done();
  }
}

/** Options without a time limit, for streams. */
export function callOptions(credentials: Headers, signal: AbortSignal): CallOptions {
  return { headers: credentials, signal, timeoutMs: 0 };
}
