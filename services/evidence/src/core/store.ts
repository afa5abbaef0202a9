import type { Entry } from "./entry.ts";
import type { Lease } from "./lease.ts";

/**
 * Where evidence is kept. Every rule that two writers could break together is a unique index: (request_id, version),
 * (wallet_id, idempotency_key), approval_of, (sender, nonce), (gate_id, version), (wallet_id, seq), a lease's resource, a quota account's wallet. No read-then-write, no
 * transaction across documents: the projection is only a cache of the log, and a list is right also where it lags.
 */
export interface EvidenceStore {
  /**
   * Waits for the database and brings it to this program's schema. Everything else comes after it.
   * @param stopping ends the wait, also where the database is not there
   * @throws Error where the database is there and not what it has to be
   */
  start(stopping?: AbortSignal): Promise<void>;
  /**
   * Stores a log's first entry, unless the wallet has used the key before, or another log the approval
   * (rule: approval-is-used-once). This and all other writes throw where the outcome is unknown; read back, they have
   * happened or not.
   */
  open(entry: Entry, claim: Claim, projection: Projection): Promise<Opened>;
  /** The request that a wallet has used a key for. */
  findClaim(walletId: string, idempotencyKey: string): Promise<Claimed | undefined>;
  /** Stores the next entry, unless one of that version is there. */
  append(entry: Entry, projection: Projection): Promise<"appended" | "conflict">;
  /** Entries after a version, in order. */
  read(requestId: string, afterVersion: number): Promise<readonly Entry[]>;
  /** Workflows that have not ended, by request id, so oldest first; those after one. */
  listOpen(afterRequestId: string, limit: number): Promise<readonly Projection[]>;
  /** Nonces of a sender that were never given out, from max(last + 1, atLeast), ascending. */
  reserveNonces(senderId: string, count: number, atLeast: bigint): Promise<readonly bigint[]>;
  /** The latest entry of a gate's log. */
  lastGateEntry(gateId: string): Promise<GateEntry | undefined>;
  /** Stores the next entry of a gate's log, unless one of that version is there. */
  appendGate(entry: GateEntry): Promise<"appended" | "conflict">;
  /** The latest entry of a wallet's usage ledger. */
  lastUsageEntry(walletId: string): Promise<UsageEntry | undefined>;
  /** The latest entry there that is of one request. */
  lastUsageEntryOf(walletId: string, requestId: string): Promise<UsageEntry | undefined>;
  /** Stores the next entry of a wallet's usage ledger, unless one of that seq is there. */
  appendUsage(entry: UsageEntry): Promise<"appended" | "conflict">;
  /**
   * Request ids of workflows of which not every version is known to be in the stream, and whose last entry is from before
   * `beforeMs` (milliseconds since the epoch); in order, those after one.
   */
  listUnpublished(beforeMs: number, afterRequestId: string, limit: number): Promise<readonly string[]>;
  /** Notes up to which version the stream has each of these workflows. Never goes back. */
  markPublished(versions: ReadonlyMap<string, number>): Promise<void>;
  /** A lease as it was last written. */
  readLease(resource: string): Promise<Lease | undefined>;
  /** Puts a lease in place of what it was, unless it is another one by now. @returns whether it is `after` */
  replaceLease(before: Lease | undefined, after: Lease): Promise<boolean>;
  /** What counts against a wallet's quotas, as it was last written; undefined where nothing does. */
  readAccount(walletId: string): Promise<StoredAccount | undefined>;
  /** Puts an account in place of what it was, unless it is another one by now. @returns whether it is `after` */
  replaceAccount(before: StoredAccount | undefined, after: StoredAccount): Promise<boolean>;
  close(): Promise<void>;
}

/** What a request claims for itself. */
export interface Claim {
  readonly walletId: string;
  readonly idempotencyKey: string;
  /** Lower-case hex SHA-256 of endpoint and canonical request. */
  readonly fingerprint: string;
  /** The request whose approval it uses up. */
  readonly approvalOf: string | undefined;
}

/** Who has a key. */
export interface Claimed {
  readonly requestId: string;
  readonly fingerprint: string;
}

export type Opened =
  | { readonly kind: "opened" }
  | ({ readonly kind: "exists" } & Claimed)
  /** By the request named. */
  | { readonly kind: "approval_used"; readonly requestId: string };

/** One row a workflow, for lists. */
export interface Projection {
  readonly requestId: string;
  readonly walletId: string;
  readonly status: string;
  readonly terminal: boolean;
  readonly version: number;
}

/** One entry of a gate's log, chained like a workflow's. */
export interface GateEntry {
  readonly gateId: string;
  readonly version: number;
  readonly atMs: number;
  /** RFC 8785 text of `{at, change, gate_id, lane, prev_hash, version}`. */
  readonly entryJson: string;
  readonly hash: string;
}

/** One entry of a wallet's usage ledger. */
export interface UsageEntry {
  readonly walletId: string;
  /** From 1, without gaps. */
  readonly seq: number;
  /** The request whose reservation changed. */
  readonly requestId: string;
  /** Milliseconds since the epoch; never before the entry before it. */
  readonly atMs: number;
  /** RFC 8785 text of `{at, change, request_id, reservation, seq, totals, wallet_id}`, as usage-entry.ts writes it. */
  readonly entryJson: string;
}

/** What counts against a wallet's quotas; one a wallet, so that two writers meet. */
export interface StoredAccount {
  readonly walletId: string;
  /** Another one with every write. */
  readonly token: string;
  /** When it was written, milliseconds since the epoch. */
  readonly atMs: number;
  /** From when on nothing in it counts, so that it may be removed at any time; undefined while that is not known. */
  readonly expiresAtMs: number | undefined;
  /** As quota-account.ts writes it. */
  readonly accountJson: string;
}
