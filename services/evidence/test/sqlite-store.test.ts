import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { type WindowName, windowStart } from "../src/core/usage.ts";
import { startEvidence, walletHeaders } from "./support/harness.ts";
import { sqlitePlace } from "./support/places.ts";

describe("the SQLite store", () => {
  it("adds the usage ledger to a file from before there was one, whose workflows stay", async () => {
    const place = sqlitePlace();
    const evidence = await startEvidence(place);
    const requestId = await evidence.open("from-before");
    const database = new DatabaseSync(place.database.path);
    database.exec(`DROP TABLE quota_accounts; DROP TABLE leases; DROP TABLE usage_entries; DROP INDEX entries_approval;
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
    database.exec("PRAGMA user_version = 6");
    database
      .prepare("INSERT INTO usage_entries (wallet_id, seq, request_id, at_ms, entry_json) VALUES (?, ?, ?, ?, ?)")
      .run("wallet-1", 1, "of-before", now, JSON.stringify(entry));
    await evidence.restart();
    assert.deepEqual(database.prepare("PRAGMA user_version").get(), { __proto__: null, user_version: 7 });
    database.close();
    const steps = [{ amounts: [{ token: "native", amount: "5" }] }];
    const [walletId, requestId] = ["wallet-1", randomUUID()];
    const asked = { walletId, requestId, expectedSeq: 1n, steps, lease: evidence.lease };
    assert.equal((await evidence.logs.reserveUsage(asked)).seq, 2n);
    const { seq, usage } = await evidence.logs.readUsage({ walletId, exceptRequestId: randomUUID() });
    assert.deepEqual([seq, usage?.monthly], [2n, { native: "12" }]);
    await evidence.stop();
  });
});
