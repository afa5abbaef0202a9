import { type Bus, type Cancel, progressSubject, type Timers } from "@outlayer/kit";

/** How long a reader trusts the bus before it looks for itself: the bus only tells, and may be down. */
const recheckMs = 1000;

/** Lets a reader wait for news of one workflow without missing what comes between a look and the wait. */
export class Changes {
  readonly #timers: Timers;
  readonly #unsubscribe: Cancel;
  #news = false;
  #wake: (() => void) | undefined;

  constructor(bus: Bus, timers: Timers, requestId: string) {
    this.#timers = timers;
    this.#unsubscribe = bus.subscribe(progressSubject(requestId), () => {
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
      const cancel = this.#timers.after(recheckMs, finish);
      this.#wake = finish;
      signal.addEventListener("abort", finish);
      if (this.#news || signal.aborted) finish();
    });
  }

  end(): void {
    this.#unsubscribe();
  }
}
