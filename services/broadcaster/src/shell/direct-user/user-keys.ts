import { Notifier } from "@outlayer/kit";
import type { UnreadLogs } from "../log/unread-logs.ts";

/** Blocks to wait for a call's refund, which runs one block later and is final some more later; a node may lag behind. */
const refundBlocks = 10;

/**
 * Which call has which user's key. The chain takes a key's nonces in order, and the next one is known only once the transaction
 * before it is final: so one call at a time has a key, until its fate is known. Two calls with one key at once could
 * be signed to the same bytes, and one transaction would be the proof of both.
 */
export class UserKeys {
  /** Notifies whenever a key may have come free. */
  readonly changes = new Notifier();
  /** Request id by public key. */
  readonly #holders = new Map<string, string>();
  /** Height of the head at which the last call of a key was over. */
  readonly #usedAt = new Map<string, number>();
  readonly #unread: Pick<UnreadLogs, "areAllRead">;

  /** @param unread while there are such logs, no call gets a key: an earlier term may have signed in one of them */
  constructor(unread: Pick<UnreadLogs, "areAllRead">) {
    this.#unread = unread;
  }

  /** Holds the key for a call whose log has a signature with the key, and no outcome yet. */
  hold(publicKey: string, requestId: string): void {
    if (!this.#holders.has(publicKey)) this.#holders.set(publicKey, requestId);
  }

  /** @returns whether the request has the key now */
  take(publicKey: string, requestId: string): boolean {
    const holder = this.#holders.get(publicKey);
    if (holder !== undefined) return holder === requestId;
    if (!this.#unread.areAllRead) return false;
    this.hold(publicKey, requestId);
    return true;
  }

  /** @param head set where the call is over */
  release(requestId: string, head?: number): void {
    for (const [publicKey, holder] of this.#holders) {
      if (holder !== requestId) continue;
      this.#holders.delete(publicKey);
      if (head !== undefined) this.#usedAt.set(publicKey, head);
    }
    this.changes.notify();
  }

  /** Whether the part of the key's allowance that the last call locked may not be back yet at the final block. */
  awaitsRefund(publicKey: string, head: number): boolean {
    const usedAt = this.#usedAt.get(publicKey);
    return usedAt !== undefined && head < usedAt + refundBlocks;
  }
}
