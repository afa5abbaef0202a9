import type { Clock } from "@outlayer/kit";

/** A delegate of ours cannot be pending for longer: the gate gives up after 200 blocks. Milliseconds. */
const keepMs = 3_600_000;

/** Knows which of the gate's pending intents this process had signed, or drives. In memory: only preflight asks. */
export class OwnDelegates {
  readonly #clock: Clock;
  readonly #seen = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(senderId: string, nonce: bigint): void {
    const key = keyOf(senderId, nonce);
    const now = this.#clock.now();
    // Put at the end: a Map's first key is the one noted longest ago.
    this.#seen.delete(key);
    this.#seen.set(key, now);
    for (const [oldest, atMs] of this.#seen) {
      if (atMs > now - keepMs) break;
      this.#seen.delete(oldest);
    }
  }

  /** Forgets a delegate that is known to be pending no more. */
  forget(senderId: string, nonce: bigint): void {
    this.#seen.delete(keyOf(senderId, nonce));
  }

  has(senderId: string, nonce: bigint): boolean {
    return this.#seen.has(keyOf(senderId, nonce));
  }
}

function keyOf(senderId: string, nonce: bigint): string {
  return `${senderId} ${nonce}`;
}
