import type { FaultTarget } from "./faults.ts";

/** Number of calls so far, by RPC method (`query` also by request type, and by view) and by keystore path. */
export type CallCounts = Readonly<Record<FaultTarget, Readonly<Record<string, number>>>>;

/** Counts incoming calls, including those that then met a fault. */
export class CallCounters {
  readonly #counts: Record<FaultTarget, Map<string, number>> = { rpc: new Map(), keystore: new Map() };

  count(target: FaultTarget, names: readonly string[]): void {
    const counts = this.#counts[target];
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  }

  snapshot(): CallCounts {
    return { rpc: Object.fromEntries(this.#counts.rpc), keystore: Object.fromEntries(this.#counts.keystore) };
  }

  reset(): void {
    this.#counts.rpc.clear();
    this.#counts.keystore.clear();
  }
}
