/** Whether a call goes before those that are not urgent. */
export type Urgency = "urgent" | "usual";

/**
 * Lets so many calls through at once; the others wait, the urgent ones before all others, each kind in the order in which they
 * came. What waits here has not begun, so neither does its time run nor is there a doubt about what came of it.
 */
export class Turnstile {
  readonly #urgent: (() => void)[] = [];
  readonly #usual: (() => void)[] = [];
  #free: number;

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** @param signal ends the wait, not the call. @throws its reason */
  async pass<T>(urgency: Urgency, call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#turn(urgency === "urgent" ? this.#urgent : this.#usual, signal);
    try {
      return await call();
    } finally {
      const next = this.#urgent.shift() ?? this.#usual.shift();
      // Its place is handed over: nobody who comes now is faster.
      if (next === undefined) this.#free += 1;
      else next();
    }
  }

  async #turn(line: (() => void)[], signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const comes = () => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        line.splice(line.indexOf(comes), 1);
        reject(signal?.reason);
      };
      line.push(comes);
      signal?.addEventListener("abort", leave, { once: true });
    });
  }
}
