import { ConfigReader, createLogger, systemPorts } from "@outlayer/kit";
import { migrateMongodb } from "./adapters/mongodb/store.ts";
import { openSqliteStore } from "./adapters/sqlite/store.ts";
import { type DatabaseUrl, readMigrateConfig } from "./config.ts";

/** `./dev migrate`: migrates the database at `DATABASE_URL` to this program's schema, ahead of the processes that use it. */
async function migrate(database: DatabaseUrl): Promise<readonly string[]> {
  switch (database.kind) {
    case "sqlite":
      await openSqliteStore(database.path).close();
      return [];
    case "mongodb":
      return (await migrateMongodb(database, systemPorts())).map(({ version, name }) => `${version} ${name}`);
    default:
      return database satisfies never;
  }
}

try {
  const { database, logLevel } = readMigrateConfig(new ConfigReader(process.env));
  const applied = await migrate(database);
  createLogger("evidence", logLevel).info({ database: database.kind, applied }, "the schema is up to date");
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
