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
  readonly party: string;
  readonly waiting: T[];
  /** What those before each of them cost, as far as that was added up. */
  costs: number[];
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
    const own = this.#parties.get(party);
    if (own === undefined) {
      this.#arrivals += 1;
      this.#parties.set(party, { party, waiting: [one], costs: [], arrival: this.#arrivals });
      return;
    }
    const place = own.waiting.findLastIndex((other) => this.#terms.id(other) < id) + 1;
    own.waiting.splice(place, 0, one);
    if (own.costs.length > place) own.costs.length = place;
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
    const own = this.#parties.get(party);
    if (own === undefined) return;
    const place = own.waiting.indexOf(one);
    own.waiting.splice(place, 1);
    if (own.costs.length > place) own.costs.length = place;
    if (own.waiting.length === 0) this.#parties.delete(party);
  }

  /**
   * How many turns come before one's own, and what they cost, were none added; undefined where it is not in the line. Looks at
   * each party, and at few of each party's turns: thousands that come one after another can each ask.
   */
  before(id: string): { readonly count: number; readonly cost: number } | undefined {
    const one = this.#byId.get(id);
    if (one === undefined) return undefined;
    const queue = this.#parties.get(this.#terms.party(one));
    if (queue === undefined) return undefined;
    const own = this.#timesOf(queue, queue.waiting.indexOf(one));
    let [count, cost] = [0, 0];
    for (const other of this.#parties.values()) {
      const earlier = this.#turnsBefore(own, other);
      count += earlier;
      cost += this.#costBefore(other, earlier);
    }
    return { count, cost };
  }

  /** How many of a party's turns come earlier: each starts later than the one before. */
  #turnsBefore(own: Times, queue: PartyQueue<T>): number {
    let [earlier, later] = [0, queue.waiting.length];
    while (earlier < later) {
      const middle = (earlier + later) >>> 1;
      if (inOrder(this.#timesOf(queue, middle), own) < 0) earlier = middle + 1;
      else later = middle;
    }
    return earlier;
  }

  /** Of one of a party's turns. A party's first turn waits until now; its others start as the one before is over. */
  #timesOf(queue: PartyQueue<T>, place: number): Times {
    const paidUntil = this.#paidUntil.size === 0 ? 0 : (this.#paidUntil.get(queue.party) ?? 0);
    const first = Math.max(this.#now, paidUntil);
    if (place === 0) return { start: first, paidUntil, arrival: queue.arrival };
    const start = first + this.#costBefore(queue, place);
    return { start, paidUntil: start, arrival: queue.arrival };
  }

  /** What a party's turns before this place cost. */
  #costBefore({ waiting, costs }: PartyQueue<T>, place: number): number {
    if (place < costs.length) return costs[place] ?? 0;
    for (let next = costs.length; next <= place; next += 1) {
      const last = waiting[next - 1];
      costs.push(last === undefined ? 0 : (costs[next - 1] ?? 0) + this.#terms.cost(last));
    }
    return costs[place] ?? 0;
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
