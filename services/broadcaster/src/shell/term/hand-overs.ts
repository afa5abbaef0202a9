import { Notifier } from "@outlayer/kit";

/**
 * The hand-over of a partition that is under way in this process: there is one at a time, from its begin until some broadcaster has
 * the partition, so that a process never steps down from everything at once.
 */
export class HandOvers {
  /** Notifies when one is over. */
  readonly changes = new Notifier();
  readonly #count: (partition: string) => void;
  #current: { readonly partition: string; readonly sinceMs: number } | undefined;

  /** @param count called for each that begins */
  constructor(count: (partition: string) => void) {
    this.#count = count;
  }

  get current(): { readonly partition: string; readonly sinceMs: number } | undefined {
    return this.#current;
  }

  begin(partition: string, nowMs: number): void {
    this.#count(partition);
    this.#current = { partition, sinceMs: nowMs };
  }

  /** The partition has a holder again. */
  end(partition: string): void {
    if (this.#current?.partition !== partition) return;
    this.#current = undefined;
    this.changes.notify();
  }
}
