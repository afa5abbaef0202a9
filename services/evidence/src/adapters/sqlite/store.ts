import { DatabaseSync, type StatementSync } from "node:sqlite";
import { systemPorts, type Timers } from "@outlayer/kit";
import type { Entry } from "../../core/entry.ts";
import type { Lease } from "../../core/lease.ts";
import { noncesFrom } from "../../core/nonces.ts";
import {
  type Claim,
  type Claimed,
  type EvidenceStore,
  type GateEntry,
  type Opened,
  type OpenWanted,
  type Projection,
  type SessionMark,
  type StoredAccount,
  signedInKeptMs,
  type UsageEntry,
} from "../../core/store.ts";
import { Checkpoints, type CheckpointTerms } from "./checkpoints.ts";
import { type SyncFile, type WalFlush, walFlush } from "./flush-wal.ts";
import { GroupCommit } from "./group-commit.ts";
import { migrate } from "./schema.ts";

/** Opens an evidence file, and creates it where needed. One process at a time may use it. */
export function openSqliteStore(
  path: string,
  timers = systemPorts().timers,
  sync?: SyncFile,
  terms?: CheckpointTerms,
): EvidenceStore {
  const database = new DatabaseSync(path, { readBigInts: false });
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;");
  migrate(database);
  // From here on `walFlush` does what FULL does beyond NORMAL, and not on this thread.
  database.exec("PRAGMA synchronous = NORMAL");
  const file =
    path === ":memory:"
      ? undefined
      : { wal: walFlush(path, sync), checkpoints: new Checkpoints(path, database, terms) };
  return new SqliteStore(database, timers, file);
}

interface DatabaseFile {
  readonly wal: WalFlush;
  readonly checkpoints: Checkpoints;
}

class SqliteStore implements EvidenceStore {
  readonly #database: DatabaseSync;
  readonly #file: DatabaseFile | undefined;
  readonly #writes: GroupCommit;
  readonly #insertEntry: StatementSync;
  readonly #findClaim: StatementSync;
  readonly #findApproval: StatementSync;
  readonly #project: StatementSync;
  readonly #read: StatementSync;
  readonly #listOpen: StatementSync;
  readonly #listOpenOf: StatementSync;
  readonly #lastNonce: StatementSync;
  readonly #insertNonce: StatementSync;
  readonly #lastGateEntry: StatementSync;
  readonly #insertGateEntry: StatementSync;
  readonly #lastUsageEntry: StatementSync;
  readonly #lastUsageEntryOf: StatementSync;
  readonly #usageEntriesAfter: StatementSync;
  readonly #insertUsageEntry: StatementSync;
  readonly #listUnpublished: StatementSync;
  readonly #markPublished: StatementSync;
  readonly #readLease: StatementSync;
  readonly #listLeases: StatementSync;
  readonly #dropLeases: StatementSync;
  readonly #insertLease: StatementSync;
  readonly #replaceLease: StatementSync;
  readonly #readAccount: StatementSync;
  readonly #insertAccount: StatementSync;
  readonly #replaceAccount: StatementSync;
  readonly #dropExpiredAccounts: StatementSync;
  readonly #readMark: StatementSync;
  readonly #insertMark: StatementSync;
  readonly #dropExpiredMarks: StatementSync;
  readonly #noteSignIn: StatementSync;
  readonly #dropOldSignIns: StatementSync;
  readonly #listSignedIn: StatementSync;

  /** @param file undefined for a database in memory */
  constructor(database: DatabaseSync, timers: Timers, file: DatabaseFile | undefined) {
    this.#database = database;
    this.#file = file;
    const committed = (writes: number) => file?.checkpoints.committed(writes);
    this.#writes = new GroupCommit(database, timers, file?.wal.flush, committed);
    this.#insertEntry = database.prepare(
      `INSERT INTO entries (request_id, version, at_ms, entry_json, hash, secret_json, wallet_id, idempotency_key,
         fingerprint, approval_of)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    );
    this.#findClaim = database.prepare(
      "SELECT request_id AS requestId, fingerprint FROM entries WHERE wallet_id = ? AND idempotency_key = ?",
    );
    this.#findApproval = database.prepare("SELECT request_id AS requestId FROM entries WHERE approval_of = ?");
    this.#project = database.prepare(
      `INSERT INTO projections (request_id, wallet_id, status, terminal, version, updated_at_ms, partition)
       VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (request_id) DO UPDATE SET status = excluded.status, terminal = excluded.terminal,
       version = excluded.version, updated_at_ms = excluded.updated_at_ms, partition = excluded.partition
       WHERE excluded.version > projections.version`,
    );
    this.#read = database.prepare(
      `SELECT request_id AS requestId, version, at_ms AS atMs, entry_json AS entryJson, hash,
         secret_json AS secretJson FROM entries
       WHERE request_id = ? AND version > ? ORDER BY version`,
    );
    const open = `SELECT request_id AS requestId, wallet_id AS walletId, status, version, partition FROM projections
       WHERE terminal = 0 AND request_id > ? AND updated_at_ms >= ?`;
    this.#listOpen = database.prepare(`${open} ORDER BY request_id LIMIT ?`);
    this.#listOpenOf = database.prepare(`${open} AND partition = ? ORDER BY request_id LIMIT ?`);
    this.#lastNonce = database.prepare("SELECT CAST(MAX(nonce) AS TEXT) AS last FROM nonces WHERE sender_id = ?");
    this.#insertNonce = database.prepare("INSERT INTO nonces (sender_id, nonce) VALUES (?, ?)");
    this.#lastGateEntry = database.prepare(
      `SELECT gate_id AS gateId, version, at_ms AS atMs, entry_json AS entryJson, hash FROM gate_entries
       WHERE gate_id = ? ORDER BY version DESC LIMIT 1`,
    );
    this.#insertGateEntry = database.prepare(
      "INSERT INTO gate_entries (gate_id, version, at_ms, entry_json, hash) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    );
    const usageEntry = `SELECT wallet_id AS walletId, seq, request_id AS requestId, at_ms AS atMs,
      entry_json AS entryJson FROM usage_entries`;
    this.#lastUsageEntry = database.prepare(`${usageEntry} WHERE wallet_id = ? ORDER BY seq DESC LIMIT 1`);
    this.#lastUsageEntryOf = database.prepare(
      `${usageEntry} WHERE wallet_id = ? AND request_id = ? ORDER BY seq DESC LIMIT 1`,
    );
    this.#usageEntriesAfter = database.prepare(`${usageEntry} WHERE wallet_id = ? AND seq > ? ORDER BY seq LIMIT ?`);
    this.#insertUsageEntry = database.prepare(
      `INSERT INTO usage_entries (wallet_id, seq, request_id, at_ms, entry_json) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
    );
    this.#listUnpublished = database.prepare(
      `SELECT request_id AS requestId FROM projections
       WHERE published_version < version AND updated_at_ms < ? AND request_id > ? ORDER BY request_id LIMIT ?`,
    );
    this.#markPublished = database.prepare(
      "UPDATE projections SET published_version = ? WHERE request_id = ? AND published_version < ?",
    );
    const leases = `SELECT resource, holder_id AS holderId, epoch, expires_at_ms AS expiresAtMs, taken_at_ms AS takenAtMs,
       standing_json AS standingJson FROM leases`;
    this.#readLease = database.prepare(`${leases} WHERE resource = ?`);
    this.#listLeases = database.prepare(`${leases} WHERE expires_at_ms > ? ORDER BY resource LIMIT ?`);
    this.#dropLeases = database.prepare("DELETE FROM leases WHERE removable_at_ms < ?");
    this.#insertLease = database.prepare(
      `INSERT INTO leases (holder_id, epoch, expires_at_ms, taken_at_ms, removable_at_ms, standing_json, resource)
       VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    );
    this.#replaceLease = database.prepare(
      `UPDATE leases SET holder_id = ?, epoch = ?, expires_at_ms = ?, taken_at_ms = ?, removable_at_ms = ?, standing_json = ?
       WHERE resource = ? AND holder_id = ? AND epoch = ? AND expires_at_ms = ?`,
    );
    this.#readAccount = database.prepare(
      `SELECT wallet_id AS walletId, token, at_ms AS atMs, expires_at_ms AS expiresAtMs, account_json AS accountJson
       FROM quota_accounts WHERE wallet_id = ?`,
    );
    this.#insertAccount = database.prepare(
      `INSERT INTO quota_accounts (token, at_ms, expires_at_ms, account_json, wallet_id) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
    );
    this.#replaceAccount = database.prepare(
      `UPDATE quota_accounts SET token = ?, at_ms = ?, expires_at_ms = ?, account_json = ?
       WHERE wallet_id = ? AND token = ?`,
    );
    this.#dropExpiredAccounts = database.prepare("DELETE FROM quota_accounts WHERE expires_at_ms < ?");
    this.#readMark = database.prepare("SELECT session_id AS sessionId FROM session_marks WHERE name = ?");
    this.#insertMark = database.prepare(
      "INSERT INTO session_marks (name, session_id, expires_at_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    );
    this.#dropExpiredMarks = database.prepare("DELETE FROM session_marks WHERE expires_at_ms < ?");
    this.#noteSignIn = database.prepare(
      `INSERT INTO signed_in_accounts (account_id, at_ms) VALUES (?, ?)
       ON CONFLICT (account_id) DO UPDATE SET at_ms = max(at_ms, excluded.at_ms)`,
    );
    this.#dropOldSignIns = database.prepare("DELETE FROM signed_in_accounts WHERE at_ms < ?");
    this.#listSignedIn = database.prepare(
      `SELECT account_id AS accountId FROM signed_in_accounts
       WHERE at_ms > ? ORDER BY at_ms DESC, account_id LIMIT ?`,
    );
  }

  /** Does nothing: the file was made ready when it was opened. */
  async start(): Promise<void> {}

  async open(entry: Entry, claim: Claim, projection: Projection): Promise<Opened> {
    return this.#writes.run(() => {
      if (this.#insert(entry, claim)) {
        this.#move(projection, entry.atMs);
        return { kind: "opened" };
      }
      const found = this.#claimed(claim.walletId, claim.idempotencyKey);
      if (found !== undefined) return { kind: "exists", ...found };
      const used = claim.approvalOf === undefined ? undefined : this.#findApproval.get(claim.approvalOf);
      // The request id was made for this call, so only the key or the approval can have collided.
      if (used === undefined) throw new Error(`request id ${entry.requestId} is taken`);
      return { kind: "approval_used", requestId: String(used.requestId) };
    });
  }

  async findClaim(walletId: string, idempotencyKey: string): Promise<Claimed | undefined> {
    return this.#claimed(walletId, idempotencyKey);
  }

  async append(entry: Entry, projection: Projection): Promise<"appended" | "conflict"> {
    return this.#writes.run(() => {
      if (!this.#insert(entry, undefined)) return "conflict";
      this.#move(projection, entry.atMs);
      return "appended";
    });
  }

  async read(requestId: string, afterVersion: number): Promise<readonly Entry[]> {
    const found = await this.#writes.read(() => this.#read.all(requestId, afterVersion));
    const rows = found as unknown as (Entry & { secretJson: string | null })[];
    return rows.map((row) => ({ ...row, secretJson: row.secretJson ?? undefined }));
  }

  async listOpen({ after, limit, sinceMs, partitions }: OpenWanted): Promise<readonly Projection[]> {
    const of = (name: string) => this.#listOpenOf.all(after, sinceMs, name, limit);
    const found = await this.#writes.read(() => {
      if (partitions === undefined) return this.#listOpen.all(after, sinceMs, limit);
      return (sinceMs > 0 ? partitions : [...partitions, ""]).flatMap(of);
    });
    const rows = (found as unknown as Omit<Projection, "terminal">[]).map((row) => ({ ...row, terminal: false }));
    return rows.sort((a, b) => (a.requestId < b.requestId ? -1 : 1)).slice(0, limit);
  }

  async reserveNonces(senderId: string, count: number, atLeast: bigint): Promise<readonly bigint[]> {
    return this.#writes.run(() => {
      const { last } = this.#lastNonce.get(senderId) as { last: string | null };
      const nonces = noncesFrom(senderId, last === null ? undefined : BigInt(last), count, atLeast);
      for (const nonce of nonces) this.#insertNonce.run(senderId, nonce);
      return nonces;
    });
  }

  async lastGateEntry(gateId: string): Promise<GateEntry | undefined> {
    return (await this.#writes.read(() => this.#lastGateEntry.get(gateId))) as unknown as GateEntry | undefined;
  }

  async appendGate(entry: GateEntry): Promise<"appended" | "conflict"> {
    const { gateId, version, atMs, entryJson, hash } = entry;
    return this.#writes.run(() => {
      const { changes } = this.#insertGateEntry.run(gateId, version, atMs, entryJson, hash);
      return changes === 1 ? "appended" : "conflict";
    });
  }

  async lastUsageEntry(walletId: string): Promise<UsageEntry | undefined> {
    return (await this.#writes.read(() => this.#lastUsageEntry.get(walletId))) as unknown as UsageEntry | undefined;
  }

  async lastUsageEntryOf(walletId: string, requestId: string): Promise<UsageEntry | undefined> {
    const found = await this.#writes.read(() => this.#lastUsageEntryOf.get(walletId, requestId));
    return found as unknown as UsageEntry | undefined;
  }

  async usageEntriesAfter(walletId: string, afterSeq: number, limit: number): Promise<readonly UsageEntry[]> {
    const found = await this.#writes.read(() => this.#usageEntriesAfter.all(walletId, afterSeq, limit));
    return found as unknown as UsageEntry[];
  }

  async appendUsage(entry: UsageEntry): Promise<"appended" | "conflict"> {
    const { walletId, seq, requestId, atMs, entryJson } = entry;
    return this.#writes.run(() => {
      const { changes } = this.#insertUsageEntry.run(walletId, seq, requestId, atMs, entryJson);
      return changes === 1 ? "appended" : "conflict";
    });
  }

  async listUnpublished(beforeMs: number, afterRequestId: string, limit: number): Promise<readonly string[]> {
    const rows = await this.#writes.read(() => this.#listUnpublished.all(beforeMs, afterRequestId, limit));
    return rows.map(({ requestId }) => String(requestId));
  }

  async markPublished(versions: ReadonlyMap<string, number>): Promise<void> {
    await this.#writes.run(() => {
      for (const [requestId, version] of versions) this.#markPublished.run(version, requestId, version);
    });
  }

  async readLease(resource: string): Promise<Lease | undefined> {
    const found = await this.#writes.read(() => this.#readLease.get(resource));
    return found === undefined ? undefined : leaseOf(found);
  }

  async replaceLease(before: Lease | undefined, after: Lease): Promise<boolean> {
    const { resource, holderId, epoch, expiresAtMs, takenAtMs, removableAtMs, standing } = after;
    const said = standing === undefined ? null : JSON.stringify(standing);
    const row = [holderId, epoch, expiresAtMs, takenAtMs ?? null, removableAtMs ?? null, said, resource];
    return this.#writes.run(() => {
      if (before === undefined) {
        if (takenAtMs !== undefined) this.#dropLeases.run(takenAtMs);
        return this.#insertLease.run(...row).changes === 1;
      }
      return this.#replaceLease.run(...row, before.holderId, before.epoch, before.expiresAtMs).changes === 1;
    });
  }

  async listLeases(nowMs: number, limit: number): Promise<readonly Lease[]> {
    return (await this.#writes.read(() => this.#listLeases.all(nowMs, limit))).map(leaseOf);
  }

  async readAccount(walletId: string): Promise<StoredAccount | undefined> {
    const read = await this.#writes.read(() => this.#readAccount.get(walletId));
    const found = read as unknown as Nullable<StoredAccount> | undefined;
    return found && { ...found, expiresAtMs: found.expiresAtMs ?? undefined };
  }

  async replaceAccount(before: StoredAccount | undefined, after: StoredAccount, mayBeLost = false): Promise<boolean> {
    const { walletId, token, atMs, expiresAtMs, accountJson } = after;
    const written = [token, atMs, expiresAtMs ?? null, accountJson, walletId];
    const write = () => {
      const { changes } =
        before === undefined ? this.#insertAccount.run(...written) : this.#replaceAccount.run(...written, before.token);
      this.#dropExpiredAccounts.run(atMs);
      return changes === 1;
    };
    return mayBeLost ? this.#writes.unflushed(write) : this.#writes.run(write);
  }

  async setMark({ name, sessionId, expiresAtMs }: SessionMark, atMs: number): Promise<boolean> {
    return this.#writes.run(() => {
      this.#dropExpiredMarks.run(atMs);
      this.#insertMark.run(name, sessionId, expiresAtMs);
      return this.#readMark.get(name)?.sessionId === sessionId;
    });
  }

  async hasMark(name: string): Promise<boolean> {
    return (await this.#writes.read(() => this.#readMark.get(name))) !== undefined;
  }

  async noteSignIn(accountId: string, atMs: number): Promise<void> {
    await this.#writes.run(() => {
      this.#dropOldSignIns.run(atMs - signedInKeptMs);
      this.#noteSignIn.run(accountId, atMs);
    });
  }

  async listSignedIn(afterMs: number, limit: number): Promise<readonly string[]> {
    const rows = await this.#writes.read(() => this.#listSignedIn.all(afterMs, limit));
    return rows.map(({ accountId }) => String(accountId));
  }

  async close(): Promise<void> {
    await this.#writes.end();
    await this.#file?.checkpoints.close();
    this.#database.close();
    this.#file?.wal.close();
  }

  #claimed(walletId: string, idempotencyKey: string): Claimed | undefined {
    const found = this.#findClaim.get(walletId, idempotencyKey);
    return found && { requestId: String(found.requestId), fingerprint: String(found.fingerprint) };
  }

  #insert({ requestId, version, atMs, entryJson, hash, secretJson }: Entry, claim: Claim | undefined): boolean {
    const { changes } = this.#insertEntry.run(
      requestId,
      version,
      atMs,
      entryJson,
      hash,
      secretJson ?? null,
      claim?.walletId ?? null,
      claim?.idempotencyKey ?? null,
      claim?.fingerprint ?? null,
      claim?.approvalOf ?? null,
    );
    return changes === 1;
  }

  #move({ requestId, walletId, status, terminal, version, partition }: Projection, atMs: number): void {
    this.#project.run(requestId, walletId, status, terminal ? 1 : 0, version, atMs, partition);
  }
}

/** A row for SQLite, which has null and no undefined. */
type Nullable<T> = { readonly [K in keyof T]: undefined extends T[K] ? Exclude<T[K], undefined> | null : T[K] };

/** A lease as its row has it. */
function leaseOf(row: object): Lease {
  const { takenAtMs, standingJson, ...lease } = row as Omit<Lease, "takenAtMs" | "standing"> & {
    readonly takenAtMs: number | null;
    readonly standingJson: string | null;
  };
  return {
    ...lease,
    ...(takenAtMs === null ? {} : { takenAtMs }),
    ...(standingJson === null ? {} : { standing: JSON.parse(standingJson) }),
  };
}
