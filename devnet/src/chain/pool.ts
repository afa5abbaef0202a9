import type { Transaction } from "./types.ts";

/** Accepted transactions that wait for a block. */
export class TransactionPool {
  readonly #waiting = new Map<string, Transaction>();

  get size(): number {
    return this.#waiting.size;
  }

  add(transaction: Transaction): void {
    if (!this.#waiting.has(transaction.hash)) this.#waiting.set(transaction.hash, transaction);
  }

  has(hash: string): boolean {
    return this.#waiting.has(hash);
  }

  delete(hash: string): void {
    this.#waiting.delete(hash);
  }

  /**
   * All transactions in a block's order: access keys in turn by first arrival, each key's transactions by nonce. So the order of
   * arrival matters only between blocks.
   */
  ordered(): Transaction[] {
    const groups = new Map<string, Transaction[]>();
    for (const transaction of this.#waiting.values()) {
      const key = `${transaction.signer} ${transaction.publicKey}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [transaction]);
      else group.push(transaction);
    }
    const queues = [...groups.values()].map((group) => group.toSorted(byNonce));
    const ordered: Transaction[] = [];
    for (let turn = 0; ordered.length < this.#waiting.size; turn += 1) {
      for (const queue of queues) {
        const next = queue[turn];
        if (next !== undefined) ordered.push(next);
      }
    }
    return ordered;
  }
}

function byNonce(a: Transaction, b: Transaction): number {
  if (a.nonce === b.nonce) return 0;
  return a.nonce < b.nonce ? -1 : 1;
}
