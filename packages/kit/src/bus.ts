/** Tells others what happened. It only tells: what counts is in evidence, and nothing waits for the bus. */
export interface Bus {
  /** Publishes under an id by which readers drop duplicates. Never throws and never blocks. */
  publish(subject: string, id: string, data: Uint8Array): void;
  /** Calls `receive` for every message on a subject published from now on. The answer ends it. */
  subscribe(subject: string, receive: (data: Uint8Array) => void): () => void;
}

/** The bus of the embedded mode: within one process, delivered at once. */
export class InProcessBus implements Bus {
  readonly #receivers = new Map<string, Set<(data: Uint8Array) => void>>();

  publish(subject: string, _id: string, data: Uint8Array): void {
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

/** Where evidence tells of a workflow's progress. */
export const progressSubject = (requestId: string) => `wallet.progress.${requestId}`;

/** Where evidence tells broadcasters that a workflow was opened; the data is its request id in UTF-8. */
export const workSubject = "wallet.work";
