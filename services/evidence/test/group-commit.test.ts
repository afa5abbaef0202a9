import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fstatSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { systemPorts } from "@outlayer/kit";
import { GroupCommit } from "../src/adapters/sqlite/group-commit.ts";
import { openSqliteStore } from "../src/adapters/sqlite/store.ts";
import { sqlitePlace } from "./support/places.ts";
import { claimOf, entryOf, projectionOf } from "./support/samples.ts";

const { timers } = systemPorts();
const turn = () => new Promise<void>((resolve) => timers.after(0, resolve));
const turns = async (count: number) => {
  for (let left = count; left > 0; left -= 1) await turn();
};
const writer = fileURLToPath(new URL("support/group-writer.ts", import.meta.url));

/** A database that tells how often a transaction was committed. */
class Counting extends DatabaseSync {
  commits = 0;

  override exec(sql: string): void {
    super.exec(sql);
    if (sql === "COMMIT") this.commits += 1;
  }
}

describe("writes of SQLite that arrive together", () => {
  let database: Counting;
  let writes: GroupCommit;
  beforeEach(() => {
    database = new Counting(":memory:");
    database.exec(`PRAGMA foreign_keys = ON; CREATE TABLE numbers (n INTEGER PRIMARY KEY);
      CREATE TABLE twins (n INTEGER REFERENCES numbers (n) DEFERRABLE INITIALLY DEFERRED)`);
    writes = new GroupCommit(database, timers, undefined);
  });
  afterEach(() => database.close());

  const insert = (n: number) => writes.run(() => database.prepare("INSERT INTO numbers VALUES (?)").run(n).changes);
  const stored = () =>
    database
      .prepare("SELECT n FROM numbers ORDER BY rowid")
      .all()
      .map((row) => Number(row.n));

  it("are one transaction, in the order in which they came", async () => {
    const seen: number[] = [];
    await Promise.all([3, 1, 2].map((n) => insert(n).then(() => seen.push(n))));
    assert.deepEqual([seen, stored(), database.commits], [[3, 1, 2], [1, 2, 3], 1]);
    await insert(4);
    assert.equal(database.commits, 2);
  });

  it("are answered before the flush where a power failure may take them back, and only those", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const held = new GroupCommit(database, timers, () => promise);
    const insertInto = (n: number) => () => database.prepare("INSERT INTO numbers VALUES (?)").run(n).changes;
    let isAnswered = false;
    const durable = held.run(insertInto(1)).then(() => {
      isAnswered = true;
    });
    await turns(2);
    assert.equal(await held.unflushed(insertInto(2)), 1);
    await assert.rejects(held.unflushed(insertInto(2)), /UNIQUE/);
    assert.deepEqual([isAnswered, stored()], [false, [1, 2]]);
    resolve();
    await durable;
  });

  it("are refused after a flush that failed, flushed or not, also where they came before it did", async () => {
    const { promise, reject } = Promise.withResolvers<void>();
    const broken = new GroupCommit(database, timers, () => promise);
    const durable = broken.run(() => 1);
    await turns(2);
    const refused = [durable, insertUnflushed()].map((write) => assert.rejects(write, /the disk is gone/));
    reject(new Error("the disk is gone"));
    await Promise.all(refused);
    await assert.rejects(insertUnflushed(), /the disk is gone/);
    assert.deepEqual(stored(), []);

    function insertUnflushed(): Promise<unknown> {
      return broken.unflushed(() => database.prepare("INSERT INTO numbers VALUES (1)").run());
    }
  });

  it("are not answered before they are committed", async () => {
    const first = insert(1).then(() => database.isTransaction);
    const second = writes.run(() => database.isTransaction);
    assert.deepEqual([await first, await second], [false, true]);
  });

  it("wait while there is a pause between transactions, flushed or not, and so does the end", async () => {
    const pause = Promise.withResolvers<void>();
    const told: number[] = [];
    writes = new GroupCommit(database, timers, undefined, (count) => {
      told.push(count);
      return told.length === 1 ? pause.promise : undefined;
    });
    await Promise.all([insert(1), insert(2)]);
    const later = [insert(3), writes.unflushed(() => database.prepare("INSERT INTO numbers VALUES (4)").run().changes)];
    let isOver = false;
    const end = writes.end().then(() => {
      isOver = true;
    });
    await turns(5);
    assert.deepEqual([stored(), isOver, told], [[1, 2], false, [2]]);
    pause.resolve();
    await Promise.all([...later, end]);
    assert.deepEqual(
      [stored(), told],
      [
        [1, 2, 3, 4],
        [2, 1, 1],
      ],
    );
  });

  describe("and are flushed beside the event loop", () => {
    let flushes: PromiseWithResolvers<void>[];
    beforeEach(() => {
      flushes = [];
      writes = new GroupCommit(database, timers, () => {
        const flush = Promise.withResolvers<void>();
        flushes.push(flush);
        return flush.promise;
      });
    });
    const committed = async (count: number) => {
      while (database.commits < count) await turn();
    };

    it("are not answered before they are flushed, and neither is a read that has seen them", async () => {
      const seen: string[] = [];
      const write = insert(1).then(() => seen.push("write"));
      await committed(1);
      const read = writes.read(stored).then((found) => seen.push(`read ${found}`));
      await turns(5);
      assert.deepEqual([seen, stored()], [[], [1]]);
      flushes[0]?.resolve();
      await Promise.all([write, read]);
      assert.deepEqual(seen.sort(), ["read 1", "write"]);
    });

    it("are the next transaction when they come during a flush", async () => {
      const first = insert(1);
      await committed(1);
      const others = [insert(2), insert(3)];
      await turns(5);
      assert.deepEqual([stored(), flushes.length], [[1], 1]);
      flushes[0]?.resolve();
      await first;
      await committed(2);
      assert.deepEqual([stored(), flushes.length], [[1, 2, 3], 2]);
      flushes[1]?.resolve();
      await Promise.all(others);
    });

    it("all fail when the flush does, and so does whatever comes after it", async () => {
      const first = insert(1);
      await committed(1);
      const all = [first, insert(2), writes.read(stored)];
      flushes[0]?.reject(new Error("the disk is gone"));
      await Promise.allSettled(all);
      for (const one of [...all, insert(3), writes.read(stored)]) await assert.rejects(one, /the disk is gone/);
      assert.deepEqual([stored(), flushes.length], [[1], 1]);
      await writes.end();
    });

    it("are all answered when the end is awaited", async () => {
      const first = insert(1);
      await committed(1);
      const all = [first, insert(2)];
      const ended = writes.end();
      flushes[0]?.resolve();
      await committed(2);
      flushes[1]?.resolve();
      await ended;
      await Promise.all(all);
    });
  });

  it("are answered by a store once its log is flushed, and so are its reads", async () => {
    const place = sqlitePlace();
    const flushed = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<number>();
    const store = openSqliteStore(place.database.path, timers, (descriptor) => {
      begun.resolve(fstatSync(descriptor).ino);
      return flushed.promise;
    });
    const entry = entryOf("slow", 1);
    const answered: string[] = [];
    const note = (what: string) => () => answered.push(what);
    const opened = store.open(entry, claimOf("slow"), projectionOf(entry)).then(note("open"));
    assert.equal(await begun.promise, statSync(`${place.database.path}-wal`).ino);
    const reads = [
      store.read("slow", 0),
      store.listOpen({ after: "", limit: 1, sinceMs: 0 }),
      store.lastGateEntry("g"),
      store.lastUsageEntry("w"),
      store.lastUsageEntryOf("w", "slow"),
      store.usageEntriesAfter("w", 0, 1),
      store.listUnpublished(1, "", 1),
      store.readLease("l"),
      store.readAccount("w"),
    ].map((read, index) => read.then(note(`read ${index}`)));
    await turns(20);
    assert.deepEqual(answered, []);
    assert.equal((await store.findClaim("wallet-1", "slow"))?.requestId, "slow", "which only `open` makes sure of");
    flushed.resolve();
    await Promise.all([opened, ...reads]);
    assert.equal(answered.length, 10);
    await store.close();
    await place.drop();
  });

  it("are refused once the store is closed", async () => {
    const closed = openSqliteStore(":memory:");
    await closed.close();
    const entry = entryOf("late", 1);
    await assert.rejects(closed.append(entry, projectionOf(entry)), /database is not open/);
  });

  it("take back only themselves when one of them fails", async () => {
    const failing = writes.run(() => {
      database.prepare("INSERT INTO numbers VALUES (8)").run();
      throw new Error("no");
    });
    const all = await Promise.allSettled([insert(1), failing, insert(1), insert(2)]);
    assert.deepEqual(
      all.map(({ status }) => status),
      ["fulfilled", "rejected", "rejected", "fulfilled"],
    );
    assert.deepEqual([stored(), database.commits], [[1, 2], 1]);
  });

  it("all fail when the transaction does, and the next ones do not", async () => {
    const orphan = writes.run(() => database.prepare("INSERT INTO twins VALUES (99)").run());
    const all = await Promise.allSettled([insert(1), orphan, insert(2)]);
    for (const result of all) {
      assert.ok(result.status === "rejected");
      assert.match(String(result.reason), /FOREIGN KEY/);
    }
    assert.deepEqual([stored(), database.isTransaction], [[], false]);
    await insert(3);
    assert.deepEqual(stored(), [3]);
  });

  it("leave the event loop to others after so many", async () => {
    const all = Array.from({ length: 300 }, (_, n) => insert(n));
    const between: number[] = [];
    timers.after(0, () => between.push(stored().length));
    await Promise.all(all);
    assert.deepEqual([between, stored().length, database.commits], [[128], 300, 3]);
  });

  it("are all written before the file is closed", async () => {
    const place = sqlitePlace();
    const store = openSqliteStore(place.database.path);
    const entry = entryOf("closing", 1);
    const opened = store.open(entry, claimOf("closing"), projectionOf(entry));
    await store.close();
    assert.deepEqual(await opened, { kind: "opened" });
    const again = openSqliteStore(place.database.path);
    assert.equal((await again.read("closing", 0)).length, 1);
    await again.close();
    await place.drop();
  });

  it("are all there that were answered, when the process is killed (rule: no-write-is-answered-before-it-is-durable)", async () => {
    const place = sqlitePlace();
    for (let round = 0; round < 5; round += 1) {
      const child = spawn(
        process.execPath,
        ["--disable-warning=ExperimentalWarning", writer, place.database.path, `r${round}`],
        {
          stdio: ["ignore", "pipe", "inherit"],
        },
      );
      const exited = once(child, "close");
      let text = "";
      child.stdout.on("data", (chunk) => {
        text += String(chunk);
        if (text.length > 2_000 * (round + 1)) child.kill("SIGKILL");
      });
      await exited;
      const answered = text.split("\n").slice(0, -1);
      assert.ok(answered.length > 20);
      const store = openSqliteStore(place.database.path);
      for (const requestId of answered) assert.equal((await store.read(requestId, 0)).length, 1, requestId);
      await store.close();
    }
    await place.drop();
  });
});
