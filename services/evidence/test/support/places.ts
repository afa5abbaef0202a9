import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createLogger, systemPorts } from "@outlayer/kit";
import { type Mongodb, needMongodb } from "@outlayer/test-servers";
import { MongoClient } from "mongodb";
import { openMongodbStore } from "../../src/adapters/mongodb/store.ts";
import { openSqliteStore } from "../../src/adapters/sqlite/store.ts";
import { type DatabaseUrl, databaseUrl } from "../../src/config.ts";
import type { EvidenceStore } from "../../src/core/store.ts";

/** A database for one test. */
export interface Place {
  readonly database: DatabaseUrl;
  /** Writers on this database, as different processes have them where the store is for several. */
  openStores(): readonly EvidenceStore[];
  /** Changes the stored entry behind the service's back. */
  alter(requestId: string, version: number, change: { entryJson: string } | { hash: string }): Promise<void>;
  /** Takes away what is kept beside an entry, as in logs from before there was anything. */
  forgetSecret(requestId: string, version: number): Promise<void>;
  remove(requestId: string, version: number): Promise<void>;
  drop(): Promise<void>;
}

/** Defines a suite once for each store, with a way to get a new database. */
export function onEveryStore(title: string, define: (newPlace: () => Place) => void): void {
  describe(`${title}, on SQLite`, () => define(sqlitePlace));
  describe(`${title}, on MongoDB`, () => {
    let mongodb: Mongodb;
    before(async function () {
      mongodb = await needMongodb(this);
    });
    define(() => mongodbPlace(mongodb));
  });
}

export interface SqlitePlace extends Place {
  readonly database: DatabaseUrl & { readonly kind: "sqlite" };
}

export function sqlitePlace(): SqlitePlace {
  const directory = mkdtempSync(join(tmpdir(), "evidence-"));
  const path = join(directory, "evidence.sqlite");
  const run = (sql: string, ...values: (string | number)[]) => {
    const file = new DatabaseSync(path);
    file.prepare(sql).run(...values);
    file.close();
  };
  return {
    database: { kind: "sqlite", path },
    openStores: () => [openSqliteStore(path)],
    async alter(requestId, version, change) {
      const [column, value] = "hash" in change ? ["hash", change.hash] : ["entry_json", change.entryJson];
      run(`UPDATE entries SET ${column} = ? WHERE request_id = ? AND version = ?`, value, requestId, version);
    },
    async forgetSecret(requestId, version) {
      run("UPDATE entries SET secret_json = NULL WHERE request_id = ? AND version = ?", requestId, version);
    },
    async remove(requestId, version) {
      run("DELETE FROM entries WHERE request_id = ? AND version = ?", requestId, version);
    },
    async drop() {
      rmSync(directory, { recursive: true });
    },
  };
}

export interface MongodbPlace extends Place {
  readonly database: DatabaseUrl & { readonly kind: "mongodb" };
  readonly client: MongoClient;
}

export function mongodbPlace(mongodb: Mongodb): MongodbPlace {
  const { url, drop } = mongodb.database();
  const database = databaseUrl(url);
  if (database.kind !== "mongodb") throw new Error("not a MongoDB URL");
  const client = new MongoClient(url);
  const entries = client.db().collection("entries");
  return {
    database,
    client,
    openStores: () =>
      Array.from({ length: 4 }, () => openMongodbStore(database, systemPorts(), createLogger("evidence", "silent"))),
    async alter(requestId, version, change) {
      const fields = "hash" in change ? change : { entry_json: change.entryJson };
      await entries.updateOne({ request_id: requestId, version }, { $set: fields });
    },
    async forgetSecret(requestId, version) {
      await entries.updateOne({ request_id: requestId, version }, { $unset: { secret_json: "" } });
    },
    async remove(requestId, version) {
      await entries.deleteOne({ request_id: requestId, version });
    },
    async drop() {
      await client.close();
      await drop();
    },
  };
}
