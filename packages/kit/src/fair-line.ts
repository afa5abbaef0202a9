/** One that waits for something that wallets share. */
export interface Waiting {
  /** In the order in which those of a wallet come. */
  readonly requestId: string;
  readonly walletId: string;
}

/** What a wallet has waiting. */
interface Own<T> {
  readonly waiting: T[];
  /** Its place among wallets between which nothing else decides. */
  readonly arrival: number;
}

interface Turn<T> {
  readonly one: T;
  /** Virtual time. */
  readonly start: number;
  /** Virtual time up to which its wallet was given something before. */
  readonly paidUntil: number;
  readonly arrival: number;
}

/**
 * Who waits, and in which order they come: fair queueing by start time (SFQ: Goyal, Vin, Cheng 1996). Each turn costs its wallet
 * what the turn takes of what all wait for. The wallet comes next that was given the least of it, and of one wallet what it has
 * waited for longest. Time is virtual: it stands at the start of the latest turn, so a wallet that was away is owed nothing for
 * that, and whoever takes less than a fair share waits for about one turn of somebody else, however many wallets
 * have however much waiting.
 */
export class FairLine<T extends Waiting> {
  readonly #cost: (one: T) => number;
  /** By wallet; none of them empty. */
  readonly #wallets = new Map<string, Own<T>>();
  readonly #byRequest = new Map<string, T>();
  /** Virtual time up to which a wallet was given something, where that is not past. */
  readonly #paidUntil = new Map<string, number>();
  #now = 0;
  #arrivals = 0;

  /** @param cost what its turn takes; positive */
  constructor(cost: (one: T) => number) {
    this.#cost = cost;
  }

  get size(): number {
    return this.#byRequest.size;
  }

  has(requestId: string): boolean {
    return this.#byRequest.has(requestId);
  }

  /** Whose turn is next. */
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

  /** Puts one behind those of its wallet whose ids come before its own. */
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

  /** Takes one out that has its turn now, whatever comes of it: its wallet has had that much. */
  take(requestId: string): void {
    const one = this.#byRequest.get(requestId);
    if (one === undefined) return;
    const start = Math.max(this.#now, this.#paidUntil.get(one.walletId) ?? 0);
    this.#now = start;
    this.#paidUntil.set(one.walletId, start + this.#cost(one));
    for (const [id, until] of this.#paidUntil) if (until < this.#now) this.#paidUntil.delete(id);
    this.remove(requestId);
  }

  /** Takes one out that leaves without a turn. */
  remove(requestId: string): void {
    const one = this.#byRequest.get(requestId);
    if (one === undefined) return;
    this.#byRequest.delete(requestId);
    const own = this.#wallets.get(one.walletId)?.waiting ?? [];
    own.splice(own.indexOf(one), 1);
    if (own.length === 0) this.#wallets.delete(one.walletId);
  }

  /** All of them, as they would come were nobody added. */
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

/** Of those whose turns start at once, the wallet comes first that has been without one for longer: it waits for none of a whole round. */
function inOrder(one: Turn<unknown>, other: Turn<unknown>): number {
  return one.start - other.start || one.paidUntil - other.paidUntil || one.arrival - other.arrival;
}
