import type { Ports } from "@outlayer/kit";
import type { Db } from "mongodb";
import { applyCollection } from "./apply-collection.ts";
import { ensureIndexes } from "./ensure-indexes.ts";
import { type Migration, migrations } from "./migrations.ts";

export type MigrationPorts = Pick<Ports, "clock" | "timers">;

interface AppliedMigration {
  readonly _id: number;
  readonly name: string;
  readonly applied_at: Date;
}

/**
 * Migrates a database to this program's schema and checks its indexes. Any number of processes may do so at once: each migration
 * can be applied twice, and is noted once it is done.
 * @returns the migrations that were applied here
 * @throws Error naming an index that is missing or differs
 */
export async function migrate(db: Db, { clock, timers }: MigrationPorts): Promise<readonly Migration[]> {
  const applied = db.collection<AppliedMigration>("migrations");
  const found = new Set((await applied.find().toArray()).map(({ _id }) => _id));
  const missing = migrations.filter(({ version }) => !found.has(version));
  for (const { version, name, collections, change } of missing) {
    for (const collection of collections) await applyCollection(db, collection);
    await change?.(db, clock.now());
    const note = { $setOnInsert: { name, applied_at: new Date(clock.now()) } };
    // Of two concurrent upserts one may fail as a duplicate; it is enough that the note is there.
    await applied.updateOne({ _id: version }, note, { upsert: true }).catch(async (error: unknown) => {
      if ((await applied.findOne({ _id: version })) === null) throw error;
    });
  }
  // Indexes of earlier migrations too: an index can be lost.
  const all = new Set(migrations.flatMap(({ collections }) => collections));
  for (const collection of all) await ensureIndexes(db, collection, timers);
  return missing;
}
