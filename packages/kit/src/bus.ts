/** Wake-up signals between processes. A signal carries no state: readers fetch that elsewhere, and work without the bus. */
export interface Bus {
  /** Never throws and never blocks; may be lost. */
  publish(subject: string, data: Uint8Array): void;
  /** Calls `receive` for every message on a subject published from now on. The returned function ends the subscription. */
  subscribe(subject: string, receive: (data: Uint8Array) => void): () => void;
  /** Whether messages of other processes arrive now. While they do not, waiters have to poll more often. */
  readonly hearsOthers: boolean;
}

/** The bus of the embedded mode: within one process, delivered at once. */
export class InProcessBus implements Bus {
  readonly hearsOthers = false;
  readonly #receivers = new Map<string, Set<(data: Uint8Array) => void>>();

  publish(subject: string, data: Uint8Array): void {
    for (const receive of [...(this.#receivers.get(subject) ?? [])]) receive(data);
  }

  subscribe(subject: string, receive: (data: Uint8Array) => void): () => void {
    const receivers = this.#receivers.get(subject) ?? new Set();
    this.#receivers.set(subject, receivers.add(receive));
    return () => {
      receivers.delete(receive);
      if (receivers.size === 0) this.#receivers.delete(subject);
    };
  }
}
