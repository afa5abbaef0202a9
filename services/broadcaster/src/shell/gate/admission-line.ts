import type { WaitReason } from "../../core/gate/place.ts";
/**
 * Those whom the operator keeps waiting, and who need no place on the gate: one at a time tries again, so that a hundred of
 * them do not ask the node for the same balances in every block. Who tried in vain goes to the end, for those behind may
 * want less.
 */
export class AdmissionLine {
  readonly #waiting = new Map<string, WaitReason>();

  has(requestId: string): boolean {
    return this.#waiting.has(requestId);
  }

  /** What it still waits for without trying; undefined when it may try now. */
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
