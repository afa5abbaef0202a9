import { News } from "../news.ts";

/**
 * Who uses which user's key. The chain takes a key's nonces in order, and the next one is known only once the transaction
 * before it is final: so one call at a time has a key, from its signature until its fate is known.
 */
export class UserKeys {
  /** Told whenever a key may have come free. */
  readonly news = new News();
  /** Request id by public key. */
  readonly #holders = new Map<string, string>();

  /** @returns whether the key is this request's now */
  take(publicKey: string, requestId: string): boolean {
    const holder = this.#holders.get(publicKey) ?? requestId;
    this.#holders.set(publicKey, holder);
    return holder === requestId;
  }

  release(requestId: string): void {
    for (const [publicKey, holder] of this.#holders) if (holder === requestId) this.#holders.delete(publicKey);
    this.news.tell();
  }
}
