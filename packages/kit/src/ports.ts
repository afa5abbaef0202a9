import { randomFillSync } from "node:crypto";
import { v7 } from "uuid";

/** The only source of time, timers, ids and randomness in the product. */
export interface Ports {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: Ids;
  readonly random: Random;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

export interface Timers {
  /** Calls `run` once, `ms` milliseconds from now; with 0 after the events at hand. The returned function cancels the timer. */
  after(ms: number, run: () => void): Disposer;
}

export type Disposer = () => void;

export interface Ids {
  /** A UUID v7: sorts by the time it was made. */
  uuid(): string;
}

export interface Random {
  bytes(count: number): Uint8Array;
}

export function systemPorts(): Ports {
  const clock: Clock = { now: () => Date.now() };
  const random: Random = { bytes: randomBytes };
  return {
    clock,
    random,
    timers: {
      after(ms, run) {
        if (ms === 0) {
          // `setTimeout` would wait for a millisecond.
          const immediate = setImmediate(run);
          return () => clearImmediate(immediate);
        }
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
    },
    ids: { uuid: () => v7({ msecs: clock.now(), random: random.bytes(16) }) },
  };
}

const pool = new Uint8Array(4096);
let used = pool.length;

/** Taken from a pool that is refilled in bulk, since every call needs some bytes for its trace. No byte is given out twice. */
function randomBytes(count: number): Uint8Array {
  if (count > pool.length) return randomFillSync(new Uint8Array(count));
  if (used + count > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += count;
  const bytes = pool.slice(used - count, used);
  pool.fill(0, used - count, used);
  return bytes;
}

/** At random between half of a pause and all of it, so that waiters do not all return at once. */
export function jittered(ms: number, random: Random): number {
  return (ms / 2) * (1 + (random.bytes(1)[0] ?? 0) / 255);
}

/** Resolves after `ms`, or early and without an error when the signal is aborted. */
export function sleep(timers: Timers, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const finish = () => {
      cancel();
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const cancel = timers.after(ms, finish);
    signal?.addEventListener("abort", finish);
  });
}

/** A signal that is aborted after `ms` milliseconds, or together with `other`. `done` frees the timer. */
export function deadline(timers: Timers, ms: number, other?: AbortSignal): { signal: AbortSignal; done: Disposer } {
  const controller = new AbortController();
  const cancel = timers.after(ms, () => controller.abort(new DeadlineExceeded(ms)));
  const forward = () => {
    // Frees the timer even if nobody calls `done`.
    cancel();
    controller.abort(other?.reason);
  };
  if (other?.aborted) forward();
  other?.addEventListener("abort", forward);
  return {
    signal: controller.signal,
    done() {
      cancel();
      other?.removeEventListener("abort", forward);
    },
  };
}

export class DeadlineExceeded extends Error {
  override readonly name = "DeadlineExceeded";
  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
  }
}
