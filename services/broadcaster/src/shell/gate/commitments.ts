import { emptyPurse, type Purse, sumOf, without } from "../../core/gate/money.ts";

/**
 * Amounts that workflows have yet to take from the operator's balances, in the order in which they came. Without them, many
 * workflows at once would each count on the same money. Lost with the term, and set again by every driver.
 */
export class Commitments {
  readonly #owed = new Map<string, Purse>();
  #released = emptyPurse;

  /** Sets what a workflow will still take, yoctoNEAR. The workflow keeps its place in the order. */
  set(requestId: string, owed: Purse): void {
    this.#release(requestId, owed);
    this.#owed.set(requestId, owed);
  }

  drop(requestId: string): void {
    this.#release(requestId, emptyPurse);
    this.#owed.delete(requestId);
  }

  /** Sum of what was owed and is no more, since this process began. The balances may be lower by as much. */
  get released(): Purse {
    return this.#released;
  }

  clear(): void {
    this.#owed.clear();
  }

  /** What the workflows before this one will still take; the sum of all for one that is not among them. */
  before(requestId?: string): Purse {
    let sum = emptyPurse;
    for (const [id, owed] of this.#owed) {
      if (id === requestId) break;
      sum = sumOf(sum, owed);
    }
    return sum;
  }

  #release(requestId: string, left: Purse): void {
    const before = this.#owed.get(requestId);
    if (before === undefined) return;
    const { relayer, approver, gate } = without(before, left);
    // Gas may have become dearer meanwhile.
    const given = { relayer: atLeastNone(relayer), approver: atLeastNone(approver), gate: atLeastNone(gate) };
    this.#released = sumOf(this.#released, given);
  }
}

function atLeastNone(amount: bigint): bigint {
  return amount > 0n ? amount : 0n;
}
