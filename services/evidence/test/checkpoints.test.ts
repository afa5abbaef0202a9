import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { setImmediate as turn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { Checkpoints } from "../src/adapters/sqlite/checkpoints.ts";
import { type SqlitePlace, sqlitePlace } from "./support/places.ts";

const megabyte = 2 ** 20;

describe("checkpoints of a SQLite file", () => {
  let place: SqlitePlace;
  let path: string;
  let database: DatabaseSync;
  beforeEach(() => {
    place = sqlitePlace();
    path = place.database.path;
    database = new DatabaseSync(path);
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE texts (text TEXT)");
  });
  afterEach(async () => {
    if (database.isOpen) database.close();
    await place.drop();
  });

  const write = () => database.prepare("INSERT INTO texts VALUES (?)").run("x".repeat(4 * megabyte));
  const sizeOf = (suffix = "") => statSync(`${path}${suffix}`).size;
  const own = () => Number(database.prepare("PRAGMA wal_autocheckpoint").get()?.wal_autocheckpoint);

  it("are made by no commit, and once enough was written on another thread", async () => {
    const checkpoints = new Checkpoints(path, database, { every: 2, mostPages: 16_000 });
    write();
    assert.equal(checkpoints.committed(1), undefined);
    for (let turns = 0; turns < 20; turns += 1) await turn();
    assert.ok(sizeOf() < megabyte, "more than 1,000 pages wait in the log");
    assert.equal(checkpoints.committed(1), undefined, "writes go on meanwhile");
    while (sizeOf() < 4 * megabyte) await turn();
    await checkpoints.close();
  });

  it("are waited for where they do not catch up, so that the log begins anew", async () => {
    const checkpoints = new Checkpoints(path, database, { every: 1, mostPages: 100 });
    const reader = new DatabaseSync(path);
    reader.exec("BEGIN; SELECT * FROM texts");
    reader.prepare("SELECT count(*) FROM texts").get();
    write();
    let pause: Promise<void> | undefined;
    while (pause === undefined) {
      await turn();
      pause = checkpoints.committed(1);
    }
    await pause;
    // It could not copy what the reader must not see.
    assert.ok(sizeOf() < megabyte);
    reader.close();
    for (let last = checkpoints.committed(1); last !== undefined; last = checkpoints.committed(1)) await last;
    await checkpoints.close();
    assert.ok(sizeOf() > 4 * megabyte);
    const before = sizeOf("-wal");
    write();
    assert.equal(sizeOf("-wal"), before);
  });

  it("are SQLite's own again where the thread fails, and no write waits for them", async () => {
    const checkpoints = new Checkpoints(`${path}/there is no such file`, database, { every: 1, mostPages: 0 });
    assert.equal(own(), 0);
    write();
    void checkpoints.committed(1);
    while (own() === 0) await turn();
    assert.equal(own(), 1_000);
    assert.equal(checkpoints.committed(1), undefined);
    await checkpoints.close();
    write();
    assert.ok(sizeOf() > 4 * megabyte);
  });

  it("are SQLite's own again where no thread can begin", async () => {
    const checkpoints = new Checkpoints(path, database, { every: 1, mostPages: 0 }, () => {
      throw new Error("ERR_WORKER_INIT_FAILED");
    });
    write();
    void checkpoints.committed(1);
    while (own() === 0) await turn();
    assert.equal(checkpoints.committed(1), undefined);
    await checkpoints.close();
  });

  it("leave nothing behind of those that are over", async () => {
    const threads: Worker[] = [];
    const checkpoints = new Checkpoints(path, database, { every: 1, mostPages: 16_000 }, (file) => {
      const worker = new Worker(new URL("../src/adapters/sqlite/checkpoint-thread.ts", import.meta.url), {
        workerData: file,
      });
      threads.push(worker);
      return { worker, hasEnded: false };
    });
    const waiting = () => threads.flatMap((worker) => [worker.listenerCount("message"), worker.listenerCount("exit")]);
    for (let passes = 0; passes < 5; passes += 1) {
      database.prepare("INSERT INTO texts VALUES (?)").run("x");
      void checkpoints.committed(1);
      assert.deepEqual(waiting(), [1, 1]);
      while (waiting()[0] !== 0) await turn();
    }
    assert.deepEqual(waiting(), [0, 0]);
    await checkpoints.close();
  });

  it("leave the whole log in the file once it is closed", async () => {
    const checkpoints = new Checkpoints(path, database, { every: 1, mostPages: 16_000 });
    write();
    void checkpoints.committed(1);
    await checkpoints.close();
    write();
    database.close();
    assert.throws(() => sizeOf("-wal"), /ENOENT/);
    assert.ok(sizeOf() > 8 * megabyte);
  });
});
