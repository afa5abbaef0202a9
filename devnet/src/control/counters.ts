import type { FaultTarget } from "./faults.ts";

/** Calls so far, by name: RPC methods (`query` also by request type, and by view) and keystore paths. */
export type CallCounts = Readonly<Record<FaultTarget, Readonly<Record<string, number>>>>;

/** Counts the calls that came in, those that a fault then befell included. */
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
