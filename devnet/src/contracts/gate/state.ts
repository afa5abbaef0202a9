import type { Storage } from "../../contract.ts";
import { IterableMap } from "../sdk/iterable-map.ts";
import { panic } from "../sdk/panic.ts";

/** Up to `cap` intents in one batch cost `feeYocto`. */
export interface FeeTier {
  readonly cap: number;
  readonly feeYocto: bigint;
}

export interface GateConfig {
  readonly ownerId: string;
  readonly approverId: string;
  /** By ascending cap, at least one. */
  readonly feeTiers: readonly FeeTier[];
}

export interface GateCounters {
  readonly nextIntentId: bigint;
  readonly submitted: bigint;
  readonly dispatched: bigint;
  /** Rejects and timeouts. */
  readonly rejected: bigint;
  /** Id of the last batch, 0 before the first. */
  readonly activeBatchId: bigint;
  readonly feesCollectedYocto: bigint;
  readonly feesWithdrawnYocto: bigint;
}

export interface PendingIntent {
  /** The data id of the waiting yield. */
  readonly dataId: string;
  readonly sender: string;
  readonly receiverId: string;
  readonly method: string;
  readonly nonce: bigint;
  readonly expiresAtBlock: bigint;
  readonly submittedAtBlock: bigint;
}

const NO_COUNTS: GateCounters = {
  nextIntentId: 0n,
  submitted: 0n,
  dispatched: 0n,
  rejected: 0n,
  activeBatchId: 0n,
  feesCollectedYocto: 0n,
  feesWithdrawnYocto: 0n,
};

/** The gate's state in its account's storage. */
export class GateState {
  readonly #storage: Storage;
  readonly #pending: IterableMap<PendingIntent>;

  constructor(storage: Storage) {
    this.#storage = storage;
    this.#pending = new IterableMap(storage, "pending");
  }

  get isInitialized(): boolean {
    return this.#storage.get("config") !== undefined;
  }

  get config(): GateConfig {
    return this.#storage.get<GateConfig>("config") ?? panic("The contract is not initialized");
  }

  configure(change: Partial<GateConfig>): void {
    this.#storage.set("config", { ...this.config, ...change });
  }

  initialize(config: GateConfig): void {
    this.#storage.set("config", config);
  }

  get counters(): GateCounters {
    return this.#storage.get<GateCounters>("counters") ?? NO_COUNTS;
  }

  count(change: Partial<GateCounters>): void {
    this.#storage.set("counters", { ...this.counters, ...change });
  }

  isRelayer(accountId: string): boolean {
    return this.#storage.get<true>(`relayer.${accountId}`) === true;
  }

  addRelayer(accountId: string): void {
    this.#storage.set(`relayer.${accountId}`, true);
  }

  removeRelayer(accountId: string): void {
    this.#storage.delete(`relayer.${accountId}`);
  }

  isNonceUsed(sender: string, nonce: bigint): boolean {
    return this.#storage.get<true>(`nonce.${sender}|${nonce}`) === true;
  }

  useNonce(sender: string, nonce: bigint): void {
    this.#storage.set(`nonce.${sender}|${nonce}`, true);
  }

  pending(id: bigint): PendingIntent | undefined {
    return this.#pending.get(id.toString());
  }

  addPending(id: bigint, intent: PendingIntent): void {
    this.#pending.set(id.toString(), intent);
  }

  /** Removes a pending intent; undefined if it was not pending. */
  takePending(id: bigint): PendingIntent | undefined {
    const intent = this.pending(id);
    this.#pending.delete(id.toString());
    return intent;
  }

  /** In storage order. */
  pendingIds(): readonly string[] {
    return this.#pending.keys();
  }

  /** Ids that the chain in flight has yet to resume. */
  get batchTail(): readonly bigint[] {
    return this.#storage.get<readonly bigint[]>("batch_tail") ?? [];
  }

  set batchTail(ids: readonly bigint[]) {
    this.#storage.set("batch_tail", ids);
  }
}
