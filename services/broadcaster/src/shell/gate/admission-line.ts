import type { WaitReason } from "../../core/gate/place.ts";
/**
 * Workflows that wait for the operator, e.g. for a balance, and need no place on the gate. One at a time tries again, so that
 * a hundred do not ask the node for the same balances in every block. A workflow that tried in vain goes to the end: those
 * behind may want less.
 */
export class AdmissionLine {
  readonly #waiting = new Map<string, WaitReason>();

  has(requestId: string): boolean {
    return this.#waiting.has(requestId);
  }

  /** Why the workflow waits without trying; undefined when it may try now. */
  waitsFor(requestId: string): WaitReason | undefined {
    const [first] = this.#waiting.keys();
    return first === requestId ? undefined : this.#waiting.get(requestId);
  }

  triedInVain(requestId: string, waitingFor: WaitReason): void {
    this.#waiting.delete(requestId);
    this.#waiting.set(requestId, waitingFor);
  }

  leave(requestId: string): void {
    this.#waiting.delete(requestId);
  }
}
