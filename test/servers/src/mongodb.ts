import { randomUUID } from "node:crypto";
import { MongoClient } from "mongodb";
import { withDatabase } from "./mongodb/database-url.ts";
import { needServer, remark } from "./run.ts";

/** The MongoDB that this run's tests share. */
export interface Mongodb {
  /** E.g. "MongoDB 8.0.4", or "FerretDB v2.7.0", which speaks the same protocol and is not MongoDB. */
  readonly name: string;
  /** A database of its own, which nobody has used. */
  database(): MongodbDatabase;
  /** Skips a test of something that FerretDB does otherwise than MongoDB; the end of the run names test and reason. */
  skipOnFerretdb(context: Mocha.Context, reason: string): void;
}

export interface MongodbDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** For a suite's `before` hook: `needServer` says what happens where there is none. */
export async function needMongodb(context: Mocha.Context): Promise<Mongodb> {
  const serverUrl = await needServer("mongodb", context);
  const name = await nameOf(serverUrl);
  return {
    name,
    database: () => newDatabase(serverUrl),
    skipOnFerretdb(context, reason) {
      if (!name.startsWith("FerretDB")) return;
      remark(`on ${name}: ${context.runnable().fullTitle()}: ${reason}`);
      context.skip();
    },
  };
}

export function newDatabase(serverUrl: string): MongodbDatabase {
  const url = withDatabase(serverUrl, `test-${randomUUID()}`);
  return {
    url,
    async drop() {
      await using client = new MongoClient(url);
      await client.db().dropDatabase();
    },
  };
}

export async function nameOf(url: string): Promise<string> {
  await using client = new MongoClient(url);
  const { version, ferretdb } = await client.db("admin").command({ buildInfo: 1 });
  return ferretdb === undefined ? `MongoDB ${version}` : `FerretDB ${ferretdb.version}`;
}
