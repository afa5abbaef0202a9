import { KeyedMutex, type Ports, sleep, Turnstile, type Urgency } from "@outlayer/kit";
import { partyOf } from "@outlayer/workflow";

/** Time after which the next of a wallet asks, whether or not the one before has its answer; milliseconds. */
const longestTurnMs = 1000;

/**
 * Requests that ask at once, those of all wallets and gates together. Each ask costs the signer and the keystore several calls: a
 * crowd of new requests would make those late whose turn on the gate has come, and whose signatures grow old.
 */
const atOnce = 16;

export const policyPlaces = () => new Turnstile(atOnce);

/**
 * Queue of requests that ask policy: new ones, and those that lost the compare-and-set on the usage ledger. Of many of one wallet
 * that ask at once, all but one would ask in vain. Made anew with each term.
 */
export class PolicyLine {
  readonly #mutex = new KeyedMutex();
  readonly #places: Turnstile;
  readonly #timers: Ports["timers"];
  readonly #termEnds = new AbortController();

  /** @param places shared by all lines of a process */
  constructor(timers: Ports["timers"], places = policyPlaces()) {
    this.#timers = timers;
    this.#places = places;
  }

  /**
   * Asks when the wallet's turn has come.
   * @throws the reason of the term's end, where that comes before the turn
   */
  async run<T>(walletId: string, urgency: Urgency, ask: () => Promise<T>): Promise<T> {
    let asked: Promise<T> | undefined;
    await this.#mutex.run(walletId, async () => {
      asked = this.#places.pass(urgency, ask, { party: partyOf(walletId), signal: this.#termEnds.signal });
      const isAnswered = new AbortController();
      const answered = () => isAnswered.abort();
      asked.then(answered, answered);
      const signal = AbortSignal.any([isAnswered.signal, this.#termEnds.signal]);
      await sleep(this.#timers, longestTurnMs, signal);
    });
    return asked as Promise<T>;
  }

  /** Lets nobody ask any more: the term ends when the last that has asked has its answer. */
  endTerm(): void {
    this.#termEnds.abort();
  }
}
