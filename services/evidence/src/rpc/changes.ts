import type { Bus, Disposer, Timers } from "@outlayer/kit";
import { readersSubject } from "@outlayer/workflow";

/** How long a reader waits for a signal before it reads again anyway, milliseconds: the bus may lose signals. */
const recheckMs = 1000;
/** The same, once it is subscribed to a bus that carries all processes' signals. */
const trustingRecheckMs = 5000;

/** Lets a reader wait for changes of one workflow without missing those between a read and the wait. */
export class Changes {
  readonly #bus: Bus;
  readonly #timers: Timers;
  readonly #unsubscribe: Disposer;
  #isNew = true;
  #news = false;
  #wake: (() => void) | undefined;

  constructor(bus: Bus, timers: Timers, requestId: string) {
    this.#bus = bus;
    this.#timers = timers;
    this.#unsubscribe = bus.subscribe(readersSubject(requestId), () => {
      this.#news = true;
      this.#wake?.();
    });
  }

  /** Resolves at a change since the last call, after a while without any, or when the signal is aborted. */
  next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        this.#news = false;
        this.#wake = undefined;
        cancel();
        signal.removeEventListener("abort", finish);
        resolve();
      };
      // Signals sent before the subscription took effect were lost.
      const trusts = this.#bus.hearsOthers && !this.#isNew;
      this.#isNew = false;
      const cancel = this.#timers.after(trusts ? trustingRecheckMs : recheckMs, finish);
      this.#wake = finish;
      signal.addEventListener("abort", finish);
      if (this.#news || signal.aborted) finish();
    });
  }

  end(): void {
    this.#unsubscribe();
  }
}
