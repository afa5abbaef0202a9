import { FairLine, type Waiting } from "./fair-line.ts";

/** Whether a call goes before those that are not urgent. */
export type Urgency = "urgent" | "usual";

interface Waiter extends Waiting {
  /** Tells it that its turn has come. */
  readonly comes: () => void;
}

/** Whom a call is made for, and until when it is waited for. */
export interface Passing {
  /** Calls for a wallet are fair to those for others; those for none are so together. */
  readonly walletId?: string | undefined;
  /** Ends the wait, not the call. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Lets so many calls through at once; the others wait, the urgent ones before all others, and of each kind wallets in fair turns,
 * each in the order in which its calls came. What waits here has not begun, so neither does its time run nor is there a doubt about
 * what came of it.
 */
export class Turnstile {
  readonly #urgent = newLine();
  readonly #usual = newLine();
  #free: number;
  #count = 0;

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** @throws the signal's reason where it ends the wait */
  async pass<T>(urgency: Urgency, call: () => Promise<T>, { walletId = "", signal }: Passing = {}): Promise<T> {
    await this.#turn(urgency === "urgent" ? this.#urgent : this.#usual, walletId, signal);
    try {
      return await call();
    } finally {
      const line = this.#urgent.size > 0 ? this.#urgent : this.#usual;
      const next = line.first;
      // Its place is handed over: nobody who comes now is faster.
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
        // Nobody waits then: a turn that comes at once counts as one, too.
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
