import { randomBytes as nodeRandomBytes } from "node:crypto";

/** The devnet's source of time and randomness, which tests can control. */
export interface Ports {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `run` once, after `ms` milliseconds; the returned function cancels it. */
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
