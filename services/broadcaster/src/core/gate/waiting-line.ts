/** A workflow that wants the gate. */
export interface Candidate {
  readonly requestId: string;
  readonly walletId: string;
  readonly calls: number;
}

/**
 * Who waits for the gate, and in which order they come: wallets take turns, each with what it has waited for longest. A wallet
 * that had its turn goes behind all others that wait, so nobody waits for more than one workflow of each of them between two of
 * its own, however many they have.
 */
export class WaitingLine {
  /** By wallet, in the order of their turns; none of them empty. */
  readonly #wallets = new Map<string, Candidate[]>();
  readonly #byRequest = new Map<string, Candidate>();

  get size(): number {
    return this.#byRequest.size;
  }

  has(requestId: string): boolean {
    return this.#byRequest.has(requestId);
  }

  /** Whose turn is next. */
  get first(): Candidate | undefined {
    const [own] = this.#wallets.values();
    return own?.[0];
  }

  /**
   * Puts one behind those of its wallet that were opened before it, and a wallet that had none behind the others. Request ids
   * are in the order in which they were opened (UUID v7); policy may have taken longer for the earlier one.
   */
  add(candidate: Candidate): void {
    if (this.has(candidate.requestId)) return;
    this.#byRequest.set(candidate.requestId, candidate);
    const own = this.#wallets.get(candidate.walletId);
    if (own === undefined) {
      this.#wallets.set(candidate.walletId, [candidate]);
      return;
    }
    const behind = own.findIndex(({ requestId }) => requestId > candidate.requestId);
    own.splice(behind === -1 ? own.length : behind, 0, candidate);
  }

  /** Takes one out, whose wallet has had its turn with that. */
  remove(requestId: string): void {
    const candidate = this.#byRequest.get(requestId);
    if (candidate === undefined) return;
    this.#byRequest.delete(requestId);
    const { walletId } = candidate;
    const left = (this.#wallets.get(walletId) ?? []).filter((other) => other !== candidate);
    this.#wallets.delete(walletId);
    if (left.length > 0) this.#wallets.set(walletId, left);
  }

  /** All of them, as they would come were nobody added. */
  order(): Candidate[] {
    const order: Candidate[] = [];
    let round = [...this.#wallets.values()];
    for (let turn = 0; round.length > 0; turn += 1) {
      round = round.filter((own) => own.length > turn);
      for (const own of round) {
        const candidate = own[turn];
        if (candidate !== undefined) order.push(candidate);
      }
    }
    return order;
  }
}
