import { KeyedMutex, type Ports, sleep } from "@outlayer/kit";

/** Time after which the next of a wallet asks, whether or not the one before has its answer; milliseconds. */
const longestTurnMs = 1000;

/**
 * Per-wallet queue of requests that ask policy: new ones, and those that lost the compare-and-set on the usage ledger. Of many that
 * ask at once, all but one would ask in vain. Made anew with each term.
 */
export class PolicyLine {
  readonly #mutex = new KeyedMutex();
  readonly #timers: Ports["timers"];
  readonly #termEnds = new AbortController();

  constructor(timers: Ports["timers"]) {
    this.#timers = timers;
  }

  /** Asks when the wallet's turn has come. */
  async run<T>(walletId: string, ask: () => Promise<T>): Promise<T> {
    let asked: Promise<T> | undefined;
    await this.#mutex.run(walletId, async () => {
      asked = ask();
      const isAnswered = new AbortController();
      const answered = () => isAnswered.abort();
      asked.then(answered, answered);
      const signal = AbortSignal.any([isAnswered.signal, this.#termEnds.signal]);
      await sleep(this.#timers, longestTurnMs, signal);
    });
    return asked as Promise<T>;
  }

  /** Lets all that wait ask at once: the term ends when the last of them has its answer. */
  endTerm(): void {
    this.#termEnds.abort();
  }
}
