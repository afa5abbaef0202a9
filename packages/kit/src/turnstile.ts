import { FairLine, type LineEntry } from "./fair-line.ts";

/** Urgent calls go before all others. */
export type Urgency = "urgent" | "usual";

interface Waiter extends LineEntry {
  /** Called when its turn has come. */
  readonly comes: () => void;
}

/** The wallet that a call is made for, and how long its turn is waited for. */
export interface Passing {
  /** Turns are fair between wallets; calls for no wallet count as one wallet's. */
  readonly walletId?: string | undefined;
  /** Ends the wait for a turn, not the call. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Limits concurrent calls. The others wait: urgent ones first, and within each kind wallets in fair turns, each wallet's calls in
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
  async pass<T>(urgency: Urgency, call: () => Promise<T>, { walletId = "", signal }: Passing = {}): Promise<T> {
    await this.#turn(urgency === "urgent" ? this.#urgent : this.#usual, walletId, signal);
    try {
      return await call();
    } finally {
      const line = this.#urgent.size > 0 ? this.#urgent : this.#usual;
      const next = line.first;
      // The slot goes straight to the next in line, so that a newcomer cannot overtake it.
      if (next === undefined) this.#free += 1;
      else {
        line.take(next.requestId);
        next.comes();
      }
    }
  }

  async #turn(line: FairLine<Waiter>, walletId: string, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    this.#count += 1;
    const requestId = String(this.#count).padStart(16, "0");
    await new Promise<void>((resolve, reject) => {
      const comes = () => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        line.remove(requestId);
        reject(signal?.reason);
      };
      line.add({ requestId, walletId, comes });
      if (this.#free > 0) {
        // The line is empty now, but the turn is charged all the same.
        this.#free -= 1;
        line.take(requestId);
        resolve();
      } else signal?.addEventListener("abort", leave, { once: true });
    });
  }
}

function newLine(): FairLine<Waiter> {
  return new FairLine<Waiter>(() => 1);
}
