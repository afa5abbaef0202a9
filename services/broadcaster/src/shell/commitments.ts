import type { Purse } from "../core/gate/money.ts";

const nothing: Purse = { relayer: 0n, approver: 0n, gate: 0n };

/**
 * What workflows have yet to take from the operator's balances that let them in, in the order in which they came: many at
 * once would otherwise each find the same money there. Lost with the term, and told again by every driver.
 */
export class Commitments {
  readonly #owed = new Map<string, Purse>();

  /** What a workflow will still take, yoctoNEAR. It keeps its place in the order. */
  set(requestId: string, owed: Purse): void {
    this.#owed.set(requestId, owed);
  }

  drop(requestId: string): void {
    this.#owed.delete(requestId);
  }

  clear(): void {
    this.#owed.clear();
  }

  /** What those before it will still take; all of it for one that is not among them. */
  before(requestId?: string): Purse {
    let sum = nothing;
    for (const [id, owed] of this.#owed) {
      if (id === requestId) break;
      sum = {
        relayer: sum.relayer + owed.relayer,
        approver: sum.approver + owed.approver,
        gate: sum.gate + owed.gate,
      };
    }
    return sum;
  }
}
