import { Notifier } from "@outlayer/kit";

/**
 * Logs in which an earlier term may have signed with keys of relayer or users. Nothing is signed with such a key before each of
 * them is read and taken by this term: until then the next nonces are not known (rule: takeover-reads-before-it-signs).
 */
export class UnreadLogs {
  /** Notifies once all are read. */
  readonly changes = new Notifier();
  readonly #unread = new Set<string>();
  readonly #allRead = Promise.withResolvers<void>();
  #isExpecting = false;

  constructor() {
    // Perhaps nobody waits when the term ends.
    this.#allRead.promise.catch(() => {});
  }

  /** Names the logs, before any of them is driven. */
  expect(requestIds: Iterable<string>): void {
    for (const requestId of requestIds) this.#unread.add(requestId);
    this.#isExpecting = true;
    this.#settle();
  }

  has(requestId: string): boolean {
    return this.#unread.has(requestId);
  }

  /** Number of logs that are left. */
  get size(): number {
    return this.#unread.size;
  }

  get areAllRead(): boolean {
    return this.#isExpecting && this.#unread.size === 0;
  }

  /** Resolves once all are read. Rejects when the term ends before. */
  allRead(): Promise<void> {
    return this.#allRead.promise;
  }

  /** Notes that a log was read, and that no earlier term can append to it any more. */
  noteRead(requestId: string): void {
    if (this.#unread.delete(requestId)) this.#settle();
  }

  endTerm(): void {
    this.#allRead.reject(new Error("the term ended before every log was read"));
  }

  #settle(): void {
    if (!this.areAllRead) return;
    this.#allRead.resolve();
    this.changes.notify();
  }
}
