import type { Bus, Disposer, Timers } from "@outlayer/kit";
import { readersSubject } from "@outlayer/workflow";

/** How long a reader waits for a signal before it reads again anyway, milliseconds: the bus may lose signals. */
const recheckMs = 1000;
/** The same, once it is subscribed to a bus that carries all processes' signals. */
const trustingRecheckMs = 5000;

/** A version as signals carry it: decimal text that fits into a number. */
const versionText = /^[1-9]\d{0,14}$/;
const maxVersionBytes = 15;

/** The data of a signal that a workflow's log has grown to this version. */
export function signalOf(version: bigint): Uint8Array {
  return new TextEncoder().encode(version.toString());
}

/** Undefined where a signal names no version: older programs send none, and anybody on the bus can send anything. */
function versionIn(data: Uint8Array): number | undefined {
  if (data.length > maxVersionBytes) return undefined;
  const text = new TextDecoder().decode(data);
  return versionText.test(text) ? Number(text) : undefined;
}

/** Lets a reader wait for changes of one workflow without missing those between a read and the wait. */
export class Changes {
  readonly #bus: Bus;
  readonly #timers: Timers;
  readonly #unsubscribe: Disposer;
  #isNew = true;
  /** The latest version that a signal has named since the last wait; 0 where none has. */
  #told = 0;
  /** Whether a signal came without a version since the last wait. */
  #isUnclear = false;
  #wake: (() => void) | undefined;

  /** @param requestId a UUID: it becomes part of a subject */
  constructor(bus: Bus, timers: Timers, requestId: string) {
    this.#bus = bus;
    this.#timers = timers;
    this.#unsubscribe = bus.subscribe(readersSubject(requestId), (data) => {
      const version = versionIn(data);
      if (version === undefined) this.#isUnclear = true;
      else this.#told = Math.max(this.#told, version);
      this.#wake?.();
    });
  }

  /**
   * Resolves at a change since the last call, after a while without any, or when the signal is aborted. Signals of versions that
   * the reader has seen do not count: whatever is sent here, the store is asked again after a while.
   * @param seen the latest version that the reader has seen
   * @returns the version that a signal has named; undefined where the store has to be asked for what there is
   */
  next(seen: number, signal: AbortSignal): Promise<number | undefined> {
    return new Promise((resolve) => {
      const finish = () => {
        const told = this.#isUnclear || this.#told <= seen ? undefined : this.#told;
        this.#told = 0;
        this.#isUnclear = false;
        this.#wake = undefined;
        cancel();
        signal.removeEventListener("abort", finish);
        resolve(told);
      };
      const wake = () => {
        if (this.#isUnclear || this.#told > seen) finish();
      };
      // Signals sent before the subscription took effect were lost.
      const trusts = this.#bus.hearsOthers && !this.#isNew;
      this.#isNew = false;
      const cancel = this.#timers.after(trusts ? trustingRecheckMs : recheckMs, finish);
      this.#wake = wake;
      signal.addEventListener("abort", finish);
      if (signal.aborted) finish();
      else wake();
    });
  }

  end(): void {
    this.#unsubscribe();
  }
}
