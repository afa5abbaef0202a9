import { type DescMethod, type DescMethodUnary, getOption } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel as Idempotency } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { asks_upstreams } from "@outlayer/contracts/outlayer/rpc/v1/options";
import { jittered, type Ports, sleep } from "../ports.ts";

/** Time limit of a call whose caller sets none, milliseconds. */
const usualMs = 5_000;

/** The same for methods whose contract says that they ask slow upstreams. */
const upstreamMs = 30_000;

/** Attempts in all, of idempotent calls. Longer outages are for the caller to handle. */
const tries = 4;

/** Pause before the second attempt, milliseconds; doubles with each further one. */
const firstPauseMs = 50;

/**
 * Gives every unary call a deadline, which is sent along, and retries methods that their contract marks idempotent, when the
 * other side answered Unavailable or the connection broke. `Aborted` from the other side means that a log has moved on, and
 * is never retried. Whatever its error, a call without an answer may have been carried out.
 */
export function patient(transport: Transport, { clock, timers, random }: Omit<Ports, "ids">): Transport {
  return {
    stream: (method, signal, timeoutMs, ...rest) => transport.stream(method, signal, timeoutMs ?? 0, ...rest),
    async unary(method, signal, timeoutMs, ...rest) {
      const limitMs = timeoutMs ?? usualLimitOf(method, rest[1]);
      const endsMs = limitMs === 0 ? Number.POSITIVE_INFINITY : clock.now() + limitMs;
      for (let attempt = 1; ; attempt++) {
        const leftMs = limitMs === 0 ? 0 : Math.max(1, endsMs - clock.now());
        try {
          return await transport.unary(method, signal, leftMs, ...rest);
        } catch (cause) {
          const error = signal?.aborted ? ConnectError.from(cause) : withoutAnswer(cause);
          const pauseMs = jittered(firstPauseMs * 2 ** (attempt - 1), random);
          const again = attempt < tries && isRepeatable(method) && error.code === Code.Unavailable;
          if (!again || clock.now() + pauseMs >= endsMs) throw error;
          await sleep(timers, pauseMs, signal);
          if (signal?.aborted) throw error;
        }
      }
    },
  };
}

/** Time limit of a call whose caller sets none, milliseconds: the method's, plus the time that the request asks to wait. */
export function usualLimitOf(method: DescMethodUnary, input: object): number {
  const waitMs = "waitMs" in input && typeof input.waitMs === "number" ? input.waitMs : 0;
  return waitMs + (getOption(method, asks_upstreams) ? upstreamMs : usualMs);
}

function isRepeatable({ idempotency }: DescMethod): boolean {
  return idempotency === Idempotency.IDEMPOTENT || idempotency === Idempotency.NO_SIDE_EFFECTS;
}

/**
 * An error that neither the other side sent nor the caller caused: the connection failed. Node and Connect have several codes
 * for that; here it is Unavailable.
 */
function withoutAnswer(cause: unknown): ConnectError {
  const error = ConnectError.from(cause);
  if (error.isWireError || error.code === Code.Unavailable || error.code === Code.DeadlineExceeded) return error;
  const isOfConnection =
    error.code === Code.Aborted ||
    // Node has ended the stream with ENHANCE_YOUR_CALM, at one end or the other.
    error.code === Code.ResourceExhausted ||
    error.code === Code.Canceled ||
    // Node's connection errors have a code; our own bugs do not.
    (error.cause instanceof Error && "code" in error.cause);
  return isOfConnection ? new ConnectError(error.rawMessage, Code.Unavailable, undefined, undefined, error) : error;
}
