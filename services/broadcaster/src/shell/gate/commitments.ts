import { emptyPurse, type Purse, sumOf, without } from "../../core/gate/money.ts";

/**
 * What workflows have yet to take from the operator's balances that let them in, in the order in which they came: many at
 * once would otherwise each find the same money there. Lost with the term, and told again by every driver.
 */
export class Commitments {
  readonly #owed = new Map<string, Purse>();
  #released = emptyPurse;

  /** What a workflow will still take, yoctoNEAR. It keeps its place in the order. */
  set(requestId: string, owed: Purse): void {
    this.#release(requestId, owed);
    this.#owed.set(requestId, owed);
  }

  drop(requestId: string): void {
    this.#release(requestId, emptyPurse);
    this.#owed.delete(requestId);
  }

  /** All that was owed and is not any more, since this process began: the balances may be less by that. */
  get released(): Purse {
    return this.#released;
  }

  clear(): void {
    this.#owed.clear();
  }

  /** What those before it will still take; all of it for one that is not among them. */
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
