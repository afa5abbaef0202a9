import type { Dependency, Logger, Ports } from "@outlayer/kit";
import type { EvidenceStore } from "../../core/store.ts";
import { connect } from "./client.ts";
import { Database } from "./database.ts";
import { Entries } from "./entries.ts";
import { isUnanswered, reasonOf, translated } from "./errors.ts";
import { GateEntries } from "./gate-entries.ts";
import { Leases } from "./leases.ts";
import { Nonces } from "./nonces.ts";
import { QuotaAccounts } from "./quota-accounts.ts";
import { type MigrationPorts, migrate } from "./schema/migrate.ts";
import type { Migration } from "./schema/migrations.ts";
import { SessionMarks } from "./session-marks.ts";
import { SignedInAccounts } from "./signed-in-accounts.ts";
import { UsageEntries } from "./usage-entries.ts";

export interface MongodbAddress {
  readonly url: string;
  readonly database: string;
}

export interface MongodbStore extends EvidenceStore {
  /** The database's state. */
  readonly dependency: Dependency;
}

/** Opens the store. Any number of processes may use one database. The first call connects. */
export function openMongodbStore(address: MongodbAddress, ports: Ports, logger: Logger): MongodbStore {
  const database = new Database(connect(address.url, address.database), ports, logger);
  const writeId = () => ports.ids.uuid();
  const entries = new Entries(database, writeId);
  const gateEntries = new GateEntries(database, writeId);
  const usageEntries = new UsageEntries(database, writeId);
  const nonces = new Nonces(database);
  const leases = new Leases(database, writeId);
  const accounts = new QuotaAccounts(database);
  const marks = new SessionMarks(database);
  const signedIn = new SignedInAccounts(database);
  return {
    start: (stopping) => waitForDatabase(database, () => migration(address, ports), stopping),
    get dependency() {
      return database.watch.dependency;
    },
    open: (entry, claim, projection) => entries.open(entry, claim, projection),
    findClaim: (walletId, idempotencyKey) => entries.findClaim(walletId, idempotencyKey),
    append: (entry, projection) => entries.append(entry, projection),
    read: (requestId, afterVersion) => entries.read(requestId, afterVersion),
    listOpen: (wanted) => entries.listOpen(wanted),
    reserveNonces: (senderId, count, atLeast) => nonces.reserve(senderId, count, atLeast),
    lastGateEntry: (gateId) => gateEntries.last(gateId),
    appendGate: (entry) => gateEntries.append(entry),
    lastUsageEntry: (walletId) => usageEntries.last(walletId),
    lastUsageEntryOf: (walletId, requestId) => usageEntries.lastOf(walletId, requestId),
    usageEntriesAfter: (walletId, afterSeq, limit) => usageEntries.after(walletId, afterSeq, limit),
    appendUsage: (entry) => usageEntries.append(entry),
    listUnpublished: (beforeMs, afterRequestId, limit) => entries.listUnpublished(beforeMs, afterRequestId, limit),
    markPublished: (versions) => entries.markPublished(versions),
    readLease: (resource) => leases.read(resource),
    replaceLease: (before, after) => leases.replace(before, after),
    listLeases: (nowMs, limit) => leases.list(nowMs, limit),
    readAccount: (walletId) => accounts.read(walletId),
    replaceAccount: (before, after) => accounts.replace(before, after),
    setMark: (mark) => marks.set(mark),
    hasMark: (name) => marks.has(name),
    noteSignIn: (accountId, atMs) => signedIn.note(accountId, atMs),
    listSignedIn: (afterMs, limit) => signedIn.list(afterMs, limit),
    close: () => database.close(),
  };
}

/**
 * Waits until the database answers and has this program's schema. Only a database that is away is waited for; one that refuses,
 * or has another schema, is an error at once.
 * @param stopping ends the wait
 */
async function waitForDatabase(
  { watch }: Database,
  makeReady: () => Promise<unknown>,
  stopping = new AbortController().signal,
): Promise<void> {
  watch.start();
  for (;;) {
    await watch.answers(stopping);
    if (stopping.aborted) return;
    try {
      await makeReady();
      return;
    } catch (error) {
      if (!isUnanswered(error)) throw translated(error);
      watch.missed("away", reasonOf(error));
    }
  }
}

/** Migrates a database to this program's schema. @returns the migrations that were applied */
export async function migrateMongodb(address: MongodbAddress, ports: MigrationPorts): Promise<readonly Migration[]> {
  try {
    return await migration(address, ports);
  } catch (error) {
    throw translated(error);
  }
}

async function migration({ url, database }: MongodbAddress, ports: MigrationPorts): Promise<readonly Migration[]> {
  const { client, db } = connect(url, database, "none");
  try {
    return await migrate(db, ports);
  } finally {
    await client.close();
  }
}
