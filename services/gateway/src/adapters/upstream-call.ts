import type { CallOptions } from "@connectrpc/connect";
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

/** Calls an upstream within a time limit, which the transport holds and sends along. @throws Problem */
export async function callUpstream<T>(
  { credentials, signal, passOn, waitMs = 0, lost }: UpstreamCall,
  run: (options: CallOptions) => Promise<T>,
): Promise<T> {
  try {
    const heard = passOn === undefined ? {} : { onHeader: passOn };
    return await run({ ...callOptions(credentials, signal), ...heard, timeoutMs: waitMs + patienceMs });
  } catch (error) {
    throw problemOfUpstream(error, lost);
  }
}

/** Options without a time limit, for streams. */
export function callOptions(credentials: Call["credentials"], signal: AbortSignal): CallOptions {
  return { headers: credentials, signal, timeoutMs: 0 };
}
