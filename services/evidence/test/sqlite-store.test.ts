import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { openSqliteStore } from "../src/adapters/sqlite/store.ts";
import { type WindowName, windowStart } from "../src/core/usage.ts";
import { startEvidence, walletHeaders } from "./support/harness.ts";
import { sqlitePlace } from "./support/places.ts";
import { entryOf, projectionOf } from "./support/samples.ts";

/** What a file has not before the latest four versions. */
const withoutPartitions = `ALTER TABLE leases DROP COLUMN standing_json; DROP INDEX leases_removable; ALTER TABLE leases DROP COLUMN removable_at_ms;
  ALTER TABLE leases DROP COLUMN taken_at_ms; DROP INDEX projections_open_partition;
  ALTER TABLE projections DROP COLUMN partition;`;

describe("the SQLite store", () => {
  it("adds the usage ledger to a file from before there was one, whose workflows stay", async () => {
    const place = sqlitePlace();
    const evidence = await startEvidence(place);
    const requestId = await evidence.open("from-before");
    const database = new DatabaseSync(place.database.path);
    database.exec(`${withoutPartitions} DROP TABLE signed_in_accounts; DROP TABLE session_marks; DROP TABLE quota_accounts; DROP TABLE leases; DROP TABLE usage_entries; DROP INDEX entries_approval;
      ALTER TABLE entries DROP COLUMN approval_of; ALTER TABLE entries DROP COLUMN secret_json; DROP INDEX projections_unpublished;
      ALTER TABLE projections DROP COLUMN updated_at_ms; ALTER TABLE projections DROP COLUMN published_version;
      PRAGMA user_version = 1;`);
    database.close();
    await evidence.restart();
    assert.equal((await evidence.records.getRecord({ requestId }, { headers: walletHeaders })).status, "planned");
    const steps = [{ amounts: [{ token: "native", amount: "5" }] }];
    assert.equal(
      (await evidence.logs.reserveUsage({ walletId: "wallet-1", requestId, steps, lease: evidence.lease })).seq,
      1n,
    );
    await evidence.stop();
  });

  it("goes on with the usage ledger of a file whose entries all hold totals, and keeps earlier programs from it", async () => {
    const place = sqlitePlace();
    const evidence = await startEvidence(place);
    const now = Date.now();
    const windowOf = (name: WindowName) => {
      return { amounts: { native: "7" }, start: new Date(windowStart(name, now)).toISOString(), transactions: 2 };
    };
    const entry = {
      change: "reserved",
      reservation: { reserved_at: "2026-03-31T12:30:00.000Z", steps: [] },
      totals: { hour: windowOf("hour"), day: windowOf("day"), month: windowOf("month") },
    };
    const database = new DatabaseSync(place.database.path);
    database.exec(
      `${withoutPartitions} DROP TABLE signed_in_accounts; DROP TABLE session_marks; PRAGMA user_version = 6`,
    );
    database
      .prepare("INSERT INTO usage_entries (wallet_id, seq, request_id, at_ms, entry_json) VALUES (?, ?, ?, ?, ?)")
      .run("wallet-1", 1, "of-before", now, JSON.stringify(entry));
    await evidence.restart();
    assert.deepEqual(database.prepare("PRAGMA user_version").get(), { __proto__: null, user_version: 14 });
    database.close();
    const steps = [{ amounts: [{ token: "native", amount: "5" }] }];
    const [walletId, requestId] = ["wallet-1", randomUUID()];
    const asked = { walletId, requestId, expectedSeq: 1n, steps, lease: evidence.lease };
    assert.equal((await evidence.logs.reserveUsage(asked)).seq, 2n);
    const { seq, usage } = await evidence.logs.readUsage({ walletId, exceptRequestId: randomUUID() });
    assert.deepEqual([seq, usage?.monthly], [2n, { native: "12" }]);
    await evidence.stop();
  });

  it("holds keys and approvals unique in a file whose indexes had every entry, and indexes first entries alone", async () => {
    const place = sqlitePlace();
    const before = openSqliteStore(place.database.path);
    const open = (store: typeof before, requestId: string, key: string) => {
      const entry = entryOf(requestId, 1);
      const claim = { walletId: "w", idempotencyKey: key, fingerprint: "f", approvalOf: "approved" };
      return store.open(entry, claim, projectionOf(entry));
    };
    const [requestId, other] = [randomUUID(), randomUUID()];
    assert.deepEqual(await open(before, requestId, "k"), { kind: "opened" });
    const next = entryOf(requestId, 2);
    assert.equal(await before.append(next, projectionOf(next)), "appended");
    await before.close();
    const database = new DatabaseSync(place.database.path);
    database.exec(`${withoutPartitions} DROP TABLE signed_in_accounts; DROP TABLE session_marks; DROP INDEX entries_claim; CREATE UNIQUE INDEX entries_claim ON entries (wallet_id, idempotency_key);
      DROP INDEX entries_approval; CREATE UNIQUE INDEX entries_approval ON entries (approval_of); PRAGMA user_version = 7;`);
    const store = openSqliteStore(place.database.path);
    assert.deepEqual(await open(store, other, "k"), { kind: "exists", requestId, fingerprint: "f" });
    assert.deepEqual(await open(store, other, "another"), { kind: "approval_used", requestId });
    await store.close();
    for (const [index, column] of [
      ["entries_claim", "idempotency_key"],
      ["entries_approval", "approval_of"],
    ]) {
      const all = `SELECT 1 FROM entries INDEXED BY ${index} WHERE ${column} IS`;
      assert.equal(database.prepare(`${all} NOT NULL`).all().length, 1);
      assert.throws(() => database.prepare(`${all} NULL`), /no query solution/);
    }
    database.close();
    await place.drop();
  });

  it("removes leases of processes that are long over when another one is taken, and no others", async () => {
    const place = sqlitePlace();
    const store = openSqliteStore(place.database.path);
    const take = (resource: string, takenAtMs: number, removableAtMs?: number) =>
      store.replaceLease(undefined, { resource, holderId: "a", epoch: 1, expiresAtMs: 1, takenAtMs, removableAtMs });
    await take("gate:gate.near", 0);
    await take("broadcaster:old", 0, 1_000);
    await take("broadcaster:edge", 0, 2_000);
    await take("broadcaster:new", 2_000, 9_000);
    const all = ["gate:gate.near", "broadcaster:old", "broadcaster:edge", "broadcaster:new"];
    const left = await Promise.all(all.map(async (resource) => (await store.readLease(resource)) !== undefined));
    assert.deepEqual(left, [true, false, true, true]);
    await store.close();
    await place.drop();
  });

  it("removes marks that have expired, and no others", async () => {
    const place = sqlitePlace();
    const store = openSqliteStore(place.database.path);
    const set = (name: string, expiresAtMs: number, atMs: number) =>
      store.setMark({ name, sessionId: "session", expiresAtMs }, atMs);
    await set("old", 1_000, 0);
    await set("young", 3_000, 0);
    await set("edge", 2_000, 0);
    await set("new", 9_000, 2_000);
    const left = await Promise.all(["old", "edge", "young", "new"].map((name) => store.hasMark(name)));
    assert.deepEqual(left, [false, true, true, true]);
    await store.close();
  });

  it("removes accounts that have not signed in for thirty days", async () => {
    const store = openSqliteStore(sqlitePlace().database.path);
    const days = (count: number) => count * 86_400_000;
    await store.noteSignIn("old.near", days(1));
    await store.noteSignIn("edge.near", days(2));
    await store.noteSignIn("new.near", days(32));
    assert.deepEqual(await store.listSignedIn(0, 10), ["new.near", "edge.near"]);
    await store.close();
  });
});
