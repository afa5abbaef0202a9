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
 * Brings a database to this program's schema and makes sure that its indexes are what they have to be. Any number of
 * processes may do so at once: each step can be made twice, and is noted once it is done.
 * @returns the migrations that were applied here
 * @throws Error naming an index that is missing or another
 */
export async function migrate(db: Db, { clock, timers }: MigrationPorts): Promise<readonly Migration[]> {
  const applied = db.collection<AppliedMigration>("migrations");
  const found = new Set((await applied.find().toArray()).map(({ _id }) => _id));
  const missing = migrations.filter(({ version }) => !found.has(version));
  for (const { version, name, collections } of missing) {
    for (const collection of collections) await applyCollection(db, collection);
    const note = { $setOnInsert: { name, applied_at: new Date(clock.now()) } };
    // Where two upserts meet, one of them may be told of a duplicate: noted is noted.
    await applied.updateOne({ _id: version }, note, { upsert: true }).catch(async (error: unknown) => {
      if ((await applied.findOne({ _id: version })) === null) throw error;
    });
  }
  // Also those of earlier migrations: an index can be lost.
  const all = new Set(migrations.flatMap(({ collections }) => collections));
  for (const collection of all) await ensureIndexes(db, collection, timers);
  return missing;
}
