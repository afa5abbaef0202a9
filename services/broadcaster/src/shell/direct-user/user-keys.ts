import { Notifier } from "@outlayer/kit";

/** A refund runs in the block after the call, and is final some blocks later; a node may lag behind. */
const refundBlocks = 10;

/**
 * Who uses which user's key. The chain takes a key's nonces in order, and the next one is known only once the transaction
 * before it is final: so one call at a time has a key, from its signature until its fate is known. Two that had it at once
 * could be signed to the same bytes, and one transaction would be the proof of both.
 */
export class UserKeys {
  /** Told whenever a key may have come free. */
  readonly changes = new Notifier();
  /** Request id by public key. */
  readonly #holders = new Map<string, string>();
  readonly #unread = new Set<string>();
  /** Height of the head at which the last call of a key was over. */
  readonly #usedAt = new Map<string, number>();

  /** Workflows for which an earlier term may have had something signed: nobody gets a key before all of their logs were read. */
  expect(requestIds: Iterable<string>): void {
    for (const requestId of requestIds) this.#unread.add(requestId);
  }

  /** Its log was read, and what it has is held. */
  noteRead(requestId: string): void {
    if (this.#unread.delete(requestId)) this.changes.notify();
  }

  /** Its log says that something is signed with the key, and not what became of that. */
  hold(publicKey: string, requestId: string): void {
    if (!this.#holders.has(publicKey)) this.#holders.set(publicKey, requestId);
  }

  /** @returns whether the key is this request's now */
  take(publicKey: string, requestId: string): boolean {
    const holder = this.#holders.get(publicKey);
    if (holder !== undefined) return holder === requestId;
    if (this.#unread.size > 0) return false;
    this.hold(publicKey, requestId);
    return true;
  }

  /** @param head set where its call is over */
  release(requestId: string, head?: number): void {
    for (const [publicKey, holder] of this.#holders) {
      if (holder !== requestId) continue;
      this.#holders.delete(publicKey);
      if (head !== undefined) this.#usedAt.set(publicKey, head);
    }
    this.changes.notify();
  }

  /** Whether what the call before has locked of the key's allowance may not be back yet at the final block. */
  awaitsRefund(publicKey: string, head: number): boolean {
    const usedAt = this.#usedAt.get(publicKey);
    return usedAt !== undefined && head < usedAt + refundBlocks;
  }
}
