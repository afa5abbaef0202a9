import { randomBytes as nodeRandomBytes } from "node:crypto";

/** Where the devnet gets time and randomness from, so that a test can hold both. */
export interface Ports {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `run` once, after `ms` milliseconds; the answer cancels it. */
  after(ms: number, run: () => void): () => void;
  randomBytes(count: number): Uint8Array;
}

export const systemPorts: Ports = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  randomBytes: (count) => nodeRandomBytes(count),
};
