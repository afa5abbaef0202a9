import type { Entry } from "./entry.ts";
import type { Lease } from "./lease.ts";

/**
 * Durable storage. Every rule that two writers could break together is a unique index: (request_id, version), (wallet_id,
 * idempotency_key), approval_of, (sender, nonce), (gate_id, version), (wallet_id, seq), a lease's resource, a quota account's
 * wallet, a mark's name. There is no read-then-write and no transaction across documents: the projection is only a cache of the
 * log, and lists stay right when it lags.
 */
export interface EvidenceStore {
  /**
   * Waits for the database and migrates it to this program's schema. Call it before everything else.
   * @param stopping ends the wait, also while the database is away
   * @throws Error where the database is there and unsuitable
   */
  start(stopping?: AbortSignal): Promise<void>;
  /**
   * Stores a log's first entry, unless the wallet has used the key before, or another log the approval
   * (rule: approval-is-used-once). This and all other writes throw where the outcome is unknown; a later read tells whether
   * the write happened.
   */
  open(entry: Entry, claim: Claim, projection: Projection): Promise<Opened>;
  /** The request for which a wallet has used a key. It may not be durable yet, and only `open` says so. */
  findClaim(walletId: string, idempotencyKey: string): Promise<Claimed | undefined>;
  /** Stores the next entry, unless that version exists. */
  append(entry: Entry, projection: Projection): Promise<"appended" | "conflict">;
  /** Entries after a version, in order. */
  read(requestId: string, afterVersion: number): Promise<readonly Entry[]>;
  /**
   * Workflows that have not ended, in order of request ids: oldest first.
   */
  listOpen(wanted: OpenWanted): Promise<readonly Projection[]>;
  /** Reserves nonces of a sender that were never reserved, from max(last + 1, atLeast), ascending. */
  reserveNonces(senderId: string, count: number, atLeast: bigint): Promise<readonly bigint[]>;
  /** The latest entry of a gate's log. */
  lastGateEntry(gateId: string): Promise<GateEntry | undefined>;
  /** Stores the next entry of a gate's log, unless that version exists. */
  appendGate(entry: GateEntry): Promise<"appended" | "conflict">;
  /** The latest entry of a wallet's usage ledger. */
  lastUsageEntry(walletId: string): Promise<UsageEntry | undefined>;
  /** The latest entry of one request in a wallet's usage ledger. */
  lastUsageEntryOf(walletId: string, requestId: string): Promise<UsageEntry | undefined>;
  /** Entries of a wallet's usage ledger after one, in order; the first of them. */
  usageEntriesAfter(walletId: string, afterSeq: number, limit: number): Promise<readonly UsageEntry[]>;
  /** Stores the next entry of a wallet's usage ledger, unless that seq exists. */
  appendUsage(entry: UsageEntry): Promise<"appended" | "conflict">;
  /**
   * Request ids of workflows with versions that are not known to be published, and whose last entry is older than `beforeMs`
   * (milliseconds since the epoch); in order, those greater than `afterRequestId`.
   */
  listUnpublished(beforeMs: number, afterRequestId: string, limit: number): Promise<readonly string[]>;
  /** Notes the version up to which each of these workflows is published. Never goes back. */
  markPublished(versions: ReadonlyMap<string, number>): Promise<void>;
  /** The last written state of a lease. */
  readLease(resource: string): Promise<Lease | undefined>;
  /** Compare-and-set of a lease. @returns whether the lease now is `after` */
  replaceLease(before: Lease | undefined, after: Lease): Promise<boolean>;
  /** Leases that expire after a time, in order of their resources. @param nowMs milliseconds since the epoch */
  listLeases(nowMs: number, limit: number): Promise<readonly Lease[]>;
  /** The last written state of a wallet's quota account; undefined where nothing counts. */
  readAccount(walletId: string): Promise<StoredAccount | undefined>;
  /**
   * Compare-and-set of an account.
   * @param mayBeLost whether it may be answered before it is durable. It is durable once a write is that was begun after it
   * @returns whether the account now is `after`
   */
  replaceAccount(before: StoredAccount | undefined, after: StoredAccount, mayBeLost?: boolean): Promise<boolean>;
  /**
   * Sets a mark, unless another owner has set it.
   * @param atMs milliseconds since the epoch: marks that have expired by then may be removed
   * @returns whether the mark is now this owner's
   */
  setMark(mark: SessionMark, atMs: number): Promise<boolean>;
  /** Whether a mark is set. One that has expired may be gone. */
  hasMark(name: string): Promise<boolean>;
  /** Notes that an account signed in. @param atMs milliseconds since the epoch; what is older than `signedInKeptMs` may be removed */
  noteSignIn(accountId: string, atMs: number): Promise<void>;
  /** Accounts that signed in after a time, the latest first. */
  listSignedIn(afterMs: number, limit: number): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Milliseconds for which it is kept that an account signed in: thirty days. */
export const signedInKeptMs = 30 * 86_400_000;

/** The unique claims of a new request. */
export interface Claim {
  readonly walletId: string;
  readonly idempotencyKey: string;
  /** Lower-case hex SHA-256 of endpoint and canonical request. */
  readonly fingerprint: string;
  /** The request whose approval this one uses up. */
  readonly approvalOf: string | undefined;
}

/** The request that holds an idempotency key. */
export interface Claimed {
  readonly requestId: string;
  readonly fingerprint: string;
}

export type Opened =
  | { readonly kind: "opened" }
  | ({ readonly kind: "exists" } & Claimed)
  /** Another request has used the approval up. */
  | { readonly kind: "approval_used"; readonly requestId: string };

/** Which open workflows are listed. */
export interface OpenWanted {
  /** Those whose request id is greater; empty for all. */
  readonly after: string;
  /** The first of them. */
  readonly limit: number;
  /** Those whose last entry is not older, milliseconds since the epoch; 0 for all. */
  readonly sinceMs: number;
  /**
   * Those that are stored as of these partitions; undefined for all. Those without one are listed for each, where nothing is left out
   * for its age.
   */
  readonly partitions?: readonly string[] | undefined;
}

/** One row per workflow, for lists. */
export interface Projection {
  readonly requestId: string;
  readonly walletId: string;
  readonly status: string;
  readonly terminal: boolean;
  readonly version: number;
  /** Empty where the log names none, or an older program has written the entry. */
  readonly partition: string;
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
  /**
   * RFC 8785 text of `{at, change, request_id, reservation, seq, wallet_id}` with `totals`, or with `snapshot_seq` and `replaced`,
   * as usage-entry.ts writes it.
   */
  readonly entryJson: string;
}

/** A wallet's quota account; one per wallet, so that concurrent writers collide. */
export interface StoredAccount {
  readonly walletId: string;
  /** A new one with every write. */
  readonly token: string;
  /** When it was written, milliseconds since the epoch. */
  readonly atMs: number;
  /** When all of its counts are over, so that it may be removed; undefined while that is not known. */
  readonly expiresAtMs: number | undefined;
  /** As quota-account.ts writes it. */
  readonly accountJson: string;
}

/** What happens once and is remembered until it would have expired: a challenge that was used, a session that was revoked. */
export interface SessionMark {
  /** `challenge:` and its nonce, or `revoked:` and a session's id. */
  readonly name: string;
  /** The session that a challenge was used for, or that was revoked. */
  readonly sessionId: string;
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
}
