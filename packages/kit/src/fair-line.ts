/** How a fair line reads what waits in it. */
export interface LineTerms<T> {
  /** Unique; orders what one party has waiting. */
  id(one: T): string;
  /** The party that waits: turns are fair between parties. */
  party(one: T): string;
  /** Of a turn; positive. */
  cost(one: T): number;
}

/** What one party has waiting. */
interface PartyQueue<T> {
  readonly waiting: T[];
  /** Breaks ties between parties. */
  readonly arrival: number;
}

/** What orders a turn. */
interface Times {
  /** Virtual time at which the turn starts. */
  readonly start: number;
  /** Virtual time up to which its party was served before. */
  readonly paidUntil: number;
  readonly arrival: number;
}

interface Turn<T> extends Times {
  readonly one: T;
}

/**
 * A queue that is fair between parties: start-time fair queueing (SFQ: Goyal, Vin, Cheng 1996). Each turn charges its party the
 * turn's cost. The party with the least charged comes next, with its lowest id. Virtual time stands at the start of the
 * latest turn, so a party that was away earns no credit meanwhile, and a party below its fair share waits for about one turn
 * of another, however many parties have however much waiting.
 */
export class FairLine<T> {
  readonly #terms: LineTerms<T>;
  /** By party; no entry is empty. */
  readonly #parties = new Map<string, PartyQueue<T>>();
  readonly #byId = new Map<string, T>();
  /** Virtual time up to which a party was served; past times are dropped. */
  readonly #paidUntil = new Map<string, number>();
  #now = 0;
  #arrivals = 0;

  constructor(terms: LineTerms<T>) {
    this.#terms = terms;
  }

  get size(): number {
    return this.#byId.size;
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** Whose turn is next. */
  get first(): T | undefined {
    let first: Turn<T> | undefined;
    for (const [party, { waiting, arrival }] of this.#parties) {
      const [one] = waiting;
      if (one === undefined) continue;
      const paidUntil = this.#paidUntil.get(party) ?? 0;
      const turn = { one, start: Math.max(this.#now, paidUntil), paidUntil, arrival };
      if (first === undefined || inOrder(turn, first) < 0) first = turn;
    }
    return first?.one;
  }

  /** Adds one behind those of its party with smaller ids. */
  add(one: T): void {
    const [id, party] = [this.#terms.id(one), this.#terms.party(one)];
    if (this.has(id)) return;
    this.#byId.set(id, one);
    const own = this.#parties.get(party)?.waiting;
    if (own === undefined) {
      this.#arrivals += 1;
      this.#parties.set(party, { waiting: [one], arrival: this.#arrivals });
      return;
    }
    own.splice(own.findLastIndex((other) => this.#terms.id(other) < id) + 1, 0, one);
  }

  /** Removes one whose turn has come, and charges its party, whether or not the turn is used. */
  take(id: string): void {
    const one = this.#byId.get(id);
    if (one === undefined) return;
    const party = this.#terms.party(one);
    const start = Math.max(this.#now, this.#paidUntil.get(party) ?? 0);
    this.#now = start;
    this.#paidUntil.set(party, start + this.#terms.cost(one));
    for (const [other, until] of this.#paidUntil) if (until < this.#now) this.#paidUntil.delete(other);
    this.remove(id);
  }

  /** Removes one without charging its party. */
  remove(id: string): void {
    const one = this.#byId.get(id);
    if (one === undefined) return;
    this.#byId.delete(id);
    const party = this.#terms.party(one);
    const own = this.#parties.get(party)?.waiting ?? [];
    own.splice(own.indexOf(one), 1);
    if (own.length === 0) this.#parties.delete(party);
  }

  /**
   * How many turns come before one's own, and what they cost, were none added; undefined where it is not in the line. Orders
   * nothing: thousands that come one after another can each ask.
   */
  before(id: string): { readonly count: number; readonly cost: number } | undefined {
    const one = this.#byId.get(id);
    if (one === undefined) return undefined;
    const own = this.#turnOf(one);
    let [count, cost] = [0, 0];
    for (const [party, { waiting, arrival }] of this.#parties) {
      let paidUntil = this.#paidUntil.get(party) ?? 0;
      for (const other of waiting) {
        const start = Math.max(this.#now, paidUntil);
        // Each turn of a party starts later than the one before.
        if (inOrder({ start, paidUntil, arrival }, own) >= 0) break;
        const turnCost = this.#terms.cost(other);
        paidUntil = start + turnCost;
        count += 1;
        cost += turnCost;
      }
    }
    return { count, cost };
  }

  #turnOf(one: T): Times {
    const party = this.#terms.party(one);
    const { waiting = [], arrival = 0 } = this.#parties.get(party) ?? {};
    let paidUntil = this.#paidUntil.get(party) ?? 0;
    for (const other of waiting) {
      if (other === one) break;
      paidUntil = Math.max(this.#now, paidUntil) + this.#terms.cost(other);
    }
    return { start: Math.max(this.#now, paidUntil), paidUntil, arrival };
  }

  /** All in the order of their turns, were none added. */
  order(): T[] {
    const turns = [...this.#parties].flatMap(([party, { waiting, arrival }]) => {
      let paidUntil = this.#paidUntil.get(party) ?? 0;
      return waiting.map((one): Turn<T> => {
        const turn = { one, start: Math.max(this.#now, paidUntil), paidUntil, arrival };
        paidUntil = turn.start + this.#terms.cost(one);
        return turn;
      });
    });
    return turns.sort(inOrder).map(({ one }) => one);
  }
}

/** Of turns that start at the same time, the party that was last served longest ago comes first, so that none waits for a whole round. */
function inOrder(one: Times, other: Times): number {
  return one.start - other.start || one.paidUntil - other.paidUntil || one.arrival - other.arrival;
}
