/** A workflow that wants the gate. */
export interface Candidate {
  readonly requestId: string;
  readonly walletId: string;
  readonly calls: number;
}

/** What a wallet has waiting, and when its turn comes. */
interface Waiting {
  readonly candidates: Candidate[];
  /** Its place among wallets between which nothing else decides. */
  readonly arrival: number;
}

interface Turn {
  readonly candidate: Candidate;
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
export class WaitingLine {
  readonly #cost: (calls: number) => number;
  /** By wallet; none of them empty. */
  readonly #wallets = new Map<string, Waiting>();
  readonly #byRequest = new Map<string, Candidate>();
  /** Virtual time up to which a wallet was given something, where that is not past. */
  readonly #paidUntil = new Map<string, number>();
  #now = 0;
  #arrivals = 0;

  /** @param cost what a workflow of that many calls takes; positive */
  constructor(cost: (calls: number) => number) {
    this.#cost = cost;
  }

  get size(): number {
    return this.#byRequest.size;
  }

  has(requestId: string): boolean {
    return this.#byRequest.has(requestId);
  }

  /** Whose turn is next. */
  get first(): Candidate | undefined {
    let first: Turn | undefined;
    for (const [walletId, { candidates, arrival }] of this.#wallets) {
      const [candidate] = candidates;
      if (candidate === undefined) continue;
      const paidUntil = this.#paidUntil.get(walletId) ?? 0;
      const turn = { candidate, start: Math.max(this.#now, paidUntil), paidUntil, arrival };
      if (first === undefined || inOrder(turn, first) < 0) first = turn;
    }
    return first?.candidate;
  }

  /**
   * Puts one behind those of its wallet that were opened before it. Request ids are in the order in which they were opened
   * (UUID v7); policy may have taken longer for the earlier one.
   */
  add(candidate: Candidate): void {
    if (this.has(candidate.requestId)) return;
    this.#byRequest.set(candidate.requestId, candidate);
    const own = this.#wallets.get(candidate.walletId)?.candidates;
    if (own === undefined) {
      this.#arrivals += 1;
      this.#wallets.set(candidate.walletId, { candidates: [candidate], arrival: this.#arrivals });
      return;
    }
    const behind = own.findIndex(({ requestId }) => requestId > candidate.requestId);
    own.splice(behind === -1 ? own.length : behind, 0, candidate);
  }

  /** Takes one out that has its turn now, whatever comes of it: its wallet has had that much. */
  take(requestId: string): void {
    const candidate = this.#byRequest.get(requestId);
    if (candidate === undefined) return;
    const { walletId, calls } = candidate;
    const start = Math.max(this.#now, this.#paidUntil.get(walletId) ?? 0);
    // One that was called ahead of its turn moves nobody's time back.
    this.#now = Math.max(this.#now, start);
    this.#paidUntil.set(walletId, start + this.#cost(calls));
    for (const [id, until] of this.#paidUntil) if (until < this.#now) this.#paidUntil.delete(id);
    this.remove(requestId);
  }

  /** Takes one out that leaves without a turn. */
  remove(requestId: string): void {
    const candidate = this.#byRequest.get(requestId);
    if (candidate === undefined) return;
    this.#byRequest.delete(requestId);
    const own = this.#wallets.get(candidate.walletId)?.candidates ?? [];
    own.splice(own.indexOf(candidate), 1);
    if (own.length === 0) this.#wallets.delete(candidate.walletId);
  }

  /** All of them, as they would come were nobody added. */
  order(): Candidate[] {
    const turns = [...this.#wallets].flatMap(([walletId, { candidates, arrival }]) => {
      let paidUntil = this.#paidUntil.get(walletId) ?? 0;
      return candidates.map((candidate): Turn => {
        const turn = { candidate, start: Math.max(this.#now, paidUntil), paidUntil, arrival };
        paidUntil = turn.start + this.#cost(candidate.calls);
        return turn;
      });
    });
    return turns.sort(inOrder).map(({ candidate }) => candidate);
  }
}

/** Of those whose turns start at once, the wallet comes first that has been without one for longer: it waits for none of a whole round. */
function inOrder(one: Turn, other: Turn): number {
  return one.start - other.start || one.paidUntil - other.paidUntil || one.arrival - other.arrival;
}
