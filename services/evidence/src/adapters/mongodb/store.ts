import type { Ports } from "@outlayer/kit";
import type { EvidenceStore } from "../../core/store.ts";
import { connect } from "./client.ts";
import { Entries } from "./entries.ts";
import { answered } from "./errors.ts";
import { GateEntries } from "./gate-entries.ts";
import { Leases } from "./leases.ts";
import { Nonces } from "./nonces.ts";
import { type MigrationPorts, migrate } from "./schema/migrate.ts";
import type { Migration } from "./schema/migrations.ts";
import { UsageEntries } from "./usage-entries.ts";

export interface MongodbAddress {
  readonly url: string;
  readonly database: string;
}

/** Any number of processes may use one database. Connects with the first call. */
export function openMongodbStore({ url, database }: MongodbAddress, ports: Ports): EvidenceStore {
  const client = connect(url);
  const db = client.db(database);
  const writeId = () => ports.ids.uuid();
  const entries = new Entries(db, ports.timers, writeId);
  const gateEntries = new GateEntries(db, ports.timers, writeId);
  const usageEntries = new UsageEntries(db, ports.timers, writeId);
  const nonces = new Nonces(db);
  const leases = new Leases(db, ports.timers, writeId);
  return {
    async start() {
      await migrateMongodb({ url, database }, ports);
    },
    open: (entry, claim, projection) => entries.open(entry, claim, projection),
    append: (entry, projection) => entries.append(entry, projection),
    read: (requestId, afterVersion) => entries.read(requestId, afterVersion),
    listOpen: (afterRequestId, limit) => entries.listOpen(afterRequestId, limit),
    reserveNonces: (senderId, count, atLeast) => nonces.reserve(senderId, count, atLeast),
    lastGateEntry: (gateId) => gateEntries.last(gateId),
    appendGate: (entry) => gateEntries.append(entry),
    lastUsageEntry: (walletId) => usageEntries.last(walletId),
    lastUsageEntryOf: (walletId, requestId) => usageEntries.lastOf(walletId, requestId),
    appendUsage: (entry) => usageEntries.append(entry),
    listUnpublished: (beforeMs, afterRequestId, limit) => entries.listUnpublished(beforeMs, afterRequestId, limit),
    markPublished: (versions) => entries.markPublished(versions),
    readLease: (resource) => leases.read(resource),
    replaceLease: (before, after) => leases.replace(before, after),
    close: () => client.close(),
  };
}

/** Brings a database to this program's schema. @returns the migrations that were applied */
export async function migrateMongodb(
  { url, database }: MongodbAddress,
  ports: MigrationPorts,
): Promise<readonly Migration[]> {
  const client = connect(url, "none");
  try {
    return await answered(() => migrate(client.db(database), ports));
  } finally {
    await client.close();
  }
}
