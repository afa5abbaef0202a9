import type { Transaction } from "./types.ts";

/** Transactions that were accepted and wait for a block. */
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
   * All of them as a block takes them: access keys in turn, in the order in which they came first, each key's own in nonce
   * order. So within one block the order of arrival does not matter, across blocks it does.
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
