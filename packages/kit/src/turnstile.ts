import { FairLine } from "./fair-line.ts";

/** Urgent calls go before all others. */
export type Urgency = "urgent" | "usual";

interface Waiter {
  readonly id: string;
  readonly party: string;
  /** Called when its turn has come. */
  readonly comes: () => void;
}

/** The party that a call is made for, and how long its turn is waited for. */
export interface Passing {
  /** Turns are fair between parties; calls for none count as one party's. */
  readonly party?: string | undefined;
  /** Ends the wait for a turn, not the call. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Limits concurrent calls. The others wait: urgent ones first, and within each kind parties in fair turns, each party's calls in
 * their order. A call that waits here has not begun, so its time limit does not run and its outcome is in no doubt.
 */
export class Turnstile {
  readonly #urgent = newLine();
  readonly #usual = newLine();
  #free: number;
  #count = 0;

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Runs a call when its turn has come. @throws the signal's reason where it ends the wait */
  async pass<T>(urgency: Urgency, call: () => Promise<T>, { party = "", signal }: Passing = {}): Promise<T> {
    await this.#turn(urgency === "urgent" ? this.#urgent : this.#usual, party, signal);
    try {
      return await call();
    } finally {
      const line = this.#urgent.size > 0 ? this.#urgent : this.#usual;
      const next = line.first;
      // The slot goes straight to the next in line, so that a newcomer cannot overtake it.
      if (next === undefined) this.#free += 1;
      else {
        line.take(next.id);
        next.comes();
      }
    }
  }

  async #turn(line: FairLine<Waiter>, party: string, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    this.#count += 1;
    const id = String(this.#count).padStart(16, "0");
    await new Promise<void>((resolve, reject) => {
      const comes = () => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        line.remove(id);
        reject(signal?.reason);
      };
      line.add({ id, party, comes });
      if (this.#free > 0) {
        // The line is empty now, but the turn is charged all the same.
        this.#free -= 1;
        line.take(id);
        resolve();
      } else signal?.addEventListener("abort", leave, { once: true });
    });
  }
}

function newLine(): FairLine<Waiter> {
  return new FairLine<Waiter>({ id: ({ id }) => id, party: ({ party }) => party, cost: () => 1 });
}
