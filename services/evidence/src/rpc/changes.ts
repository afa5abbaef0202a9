import { type Bus, type Disposer, newsSubject, type Timers } from "@outlayer/kit";

/** How long a reader waits for the bus before it looks for itself, milliseconds: the bus only tells, and may lose it. */
const recheckMs = 1000;
/** The same, once it has been listening for a while to a bus that brings what all processes tell. */
const trustingRecheckMs = 5000;

/** Lets a reader wait for news of one workflow without missing what comes between a look and the wait. */
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
    this.#unsubscribe = bus.subscribe(newsSubject(requestId), () => {
      this.#news = true;
      this.#wake?.();
    });
  }

  /** Resolves at news since the last call, after a while without any, or when the signal is aborted. */
  next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        this.#news = false;
        this.#wake = undefined;
        cancel();
        signal.removeEventListener("abort", finish);
        resolve();
      };
      // What was told while the subscription was on its way was not heard.
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
