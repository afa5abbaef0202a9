/** Wakes others. It only tells that something happened: what counts is in evidence, and nothing waits for the bus. */
export interface Bus {
  /** Never throws and never blocks; may be lost. */
  publish(subject: string, data: Uint8Array): void;
  /** Calls `receive` for every message on a subject published from now on. The answer ends it. */
  subscribe(subject: string, receive: (data: Uint8Array) => void): () => void;
  /** Whether what other processes publish is heard now. Where not, who waits has to look for himself more often. */
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

/** Where evidence tells that a workflow's log has grown; there is no data. */
export const newsSubject = (requestId: string) => `wallet.news.${requestId}`;

/** Where evidence tells broadcasters that a workflow was opened, or is to be cancelled; the data is its request id in UTF-8. */
export const workSubject = "wallet.work";

/** Where a broadcaster tells others that it has given a lease back; the data is what was leased, in UTF-8. */
export const leaseSubject = "wallet.lease";
