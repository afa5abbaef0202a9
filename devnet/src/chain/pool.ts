import type { Transaction } from "./types.ts";

interface Waiting {
  readonly transaction: Transaction;
  /** Height of the first block that may include it. */
  readonly dueAt: bigint;
}

/** Accepted transactions that wait for a block. */
export class TransactionPool {
  readonly #waiting = new Map<string, Waiting>();

  get size(): number {
    return this.#waiting.size;
  }

  add(transaction: Transaction, dueAt = 0n): void {
    if (!this.#waiting.has(transaction.hash)) this.#waiting.set(transaction.hash, { transaction, dueAt });
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
    return inTurn(this.#byKey());
  }

  /** Those of `ordered` that a block of this height may include; one that is not due holds up the later nonces of its key. */
  due(height: bigint): Transaction[] {
    if (this.#waiting.size === 0) return [];
    return inTurn(
      this.#byKey().map((group) => {
        const end = group.findIndex(({ dueAt }) => dueAt > height);
        return end === -1 ? group : group.slice(0, end);
      }),
    );
  }

  #byKey(): Waiting[][] {
    const groups = new Map<string, Waiting[]>();
    for (const waiting of this.#waiting.values()) {
      const key = `${waiting.transaction.signer} ${waiting.transaction.publicKey}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [waiting]);
      else group.push(waiting);
    }
    return [...groups.values()].map((group) => group.toSorted(byNonce));
  }
}

function inTurn(queues: readonly (readonly Waiting[])[]): Transaction[] {
  const ordered: Transaction[] = [];
  const longest = queues.reduce((most, { length }) => Math.max(most, length), 0);
  for (let turn = 0; turn < longest; turn += 1) {
    for (const queue of queues) {
      const next = queue[turn];
      if (next !== undefined) ordered.push(next.transaction);
    }
  }
  return ordered;
}

function byNonce({ transaction: a }: Waiting, { transaction: b }: Waiting): number {
  if (a.nonce === b.nonce) return 0;
  return a.nonce < b.nonce ? -1 : 1;
}
