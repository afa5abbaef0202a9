import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
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
});
