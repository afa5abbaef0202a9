/** A request that waits in a fair line. */
export interface LineEntry {
  /** Orders the requests of one wallet. */
  readonly requestId: string;
  readonly walletId: string;
}

/** The waiting requests of one wallet. */
interface WalletQueue<T> {
  readonly waiting: T[];
  /** Breaks ties between wallets. */
  readonly arrival: number;
}

interface Turn<T> {
  readonly one: T;
  /** Virtual time at which the turn starts. */
  readonly start: number;
  /** Virtual time up to which its wallet was served before. */
  readonly paidUntil: number;
  readonly arrival: number;
}

/**
 * A queue that is fair between wallets: start-time fair queueing (SFQ: Goyal, Vin, Cheng 1996). Each turn charges its wallet the
 * turn's cost. The wallet with the least charged comes next, with its oldest request. Virtual time stands at the start of the
 * latest turn, so a wallet that was away earns no credit meanwhile, and a wallet below its fair share waits for about one turn
 * of another, however many wallets have however much waiting.
 */
export class FairLine<T extends LineEntry> {
  readonly #cost: (one: T) => number;
  /** By wallet id; no entry is empty. */
  readonly #wallets = new Map<string, WalletQueue<T>>();
  readonly #byRequest = new Map<string, T>();
  /** Virtual time up to which a wallet was served, by wallet id; past times are dropped. */
  readonly #paidUntil = new Map<string, number>();
  #now = 0;
  #arrivals = 0;

  /** @param cost of a turn; positive */
  constructor(cost: (one: T) => number) {
    this.#cost = cost;
  }

  get size(): number {
    return this.#byRequest.size;
  }

  has(requestId: string): boolean {
    return this.#byRequest.has(requestId);
  }

  /** The request whose turn is next. */
  get first(): T | undefined {
    let first: Turn<T> | undefined;
    for (const [walletId, { waiting, arrival }] of this.#wallets) {
      const [one] = waiting;
      if (one === undefined) continue;
      const paidUntil = this.#paidUntil.get(walletId) ?? 0;
      const turn = { one, start: Math.max(this.#now, paidUntil), paidUntil, arrival };
      if (first === undefined || inOrder(turn, first) < 0) first = turn;
    }
    return first?.one;
  }

  /** Adds a request behind those of its wallet with smaller ids. */
  add(one: T): void {
    if (this.has(one.requestId)) return;
    this.#byRequest.set(one.requestId, one);
    const own = this.#wallets.get(one.walletId)?.waiting;
    if (own === undefined) {
      this.#arrivals += 1;
      this.#wallets.set(one.walletId, { waiting: [one], arrival: this.#arrivals });
      return;
    }
    own.splice(own.findLastIndex(({ requestId }) => requestId < one.requestId) + 1, 0, one);
  }

  /** Removes a request whose turn has come, and charges its wallet, whether or not the turn is used. */
  take(requestId: string): void {
    const one = this.#byRequest.get(requestId);
    if (one === undefined) return;
    const start = Math.max(this.#now, this.#paidUntil.get(one.walletId) ?? 0);
    this.#now = start;
    this.#paidUntil.set(one.walletId, start + this.#cost(one));
    for (const [id, until] of this.#paidUntil) if (until < this.#now) this.#paidUntil.delete(id);
    this.remove(requestId);
  }

  /** Removes a request without charging its wallet. */
  remove(requestId: string): void {
    const one = this.#byRequest.get(requestId);
    if (one === undefined) return;
    this.#byRequest.delete(requestId);
    const own = this.#wallets.get(one.walletId)?.waiting ?? [];
    own.splice(own.indexOf(one), 1);
    if (own.length === 0) this.#wallets.delete(one.walletId);
  }

  /** All requests in the order of their turns, were none added. */
  order(): T[] {
    const turns = [...this.#wallets].flatMap(([walletId, { waiting, arrival }]) => {
      let paidUntil = this.#paidUntil.get(walletId) ?? 0;
      return waiting.map((one): Turn<T> => {
        const turn = { one, start: Math.max(this.#now, paidUntil), paidUntil, arrival };
        paidUntil = turn.start + this.#cost(one);
        return turn;
      });
    });
    return turns.sort(inOrder).map(({ one }) => one);
  }
}

/** Of turns that start at the same time, the wallet that was last served longest ago comes first, so that none waits for a whole round. */
function inOrder(one: Turn<unknown>, other: Turn<unknown>): number {
  return one.start - other.start || one.paidUntil - other.paidUntil || one.arrival - other.arrival;
}
