import { writeSync } from "node:fs";
import { openSqliteStore } from "../../src/adapters/sqlite/store.ts";
import { claimOf, entryOf, projectionOf } from "./samples.ts";

/**
 * A process that opens workflows in groups and writes the id of each on a line of its own once the store has answered, until it
 * is killed. @param argv the file, and the prefix of its request ids
 */
const [path = "", prefix = ""] = process.argv.slice(2);
// Checkpoints are made all the time, and writes wait for some of them.
const store = openSqliteStore(path, undefined, undefined, { every: 32, mostPages: 16 });

for (let group = 0; ; group += 1) {
  await Promise.all(
    Array.from({ length: 16 }, async (_, index) => {
      const requestId = `${prefix}-${group}-${index}`;
      const entry = entryOf(requestId, 1);
      await store.open(entry, claimOf(requestId), projectionOf(entry));
      // Not buffered: a line that was written stays when the process is killed.
      writeSync(1, `${requestId}\n`);
    }),
  );
}
