import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { needMongodb } from "@outlayer/test-servers";
import { MongoClient } from "mongodb";
import { calls, count, execute, install } from "./support/direct-user.ts";
import { withSystem } from "./support/system.ts";

/** What a version that had one partition for all users' calls left behind: a sent call, and a broadcaster's lease that has not run out. */
type MakeOfBefore = (requestId: string) => Promise<void>;

const holder = { holder_id: "a broadcaster of before", epoch: 7 };
const heldUntilMs = () => Date.now() + 3_600_000;

/** A call is sent; then its database becomes one of before, and a new product starts on it. It has to see the call through. */
async function seenThrough(databaseUrl: string, makeOfBefore: MakeOfBefore): Promise<void> {
  await withSystem({ environment: { DATABASE_URL: databaseUrl } }, async (system) => {
    const { blocks } = system.devnet.controls;
    await install(system);
    blocks.stop();
    const { body } = await execute(system.rest(), {}, "from before", 0);
    const { request_id: requestId } = body;
    await system.rest().until(requestId, ({ status }) => status === "submitting");
    await system.stopProduct();
    await makeOfBefore(requestId);
    await system.restart();
    // One more of the same key: it waits for the first one, which must be known before anything is signed.
    const { body: next } = await execute(system.rest(), {}, "after it", 0);
    blocks.go();
    for (const id of [requestId, next.request_id]) {
      const record = await system.rest().ended(id);
      assert.equal(record.status, "succeeded", record.user_visible_error);
    }
    assert.deepEqual([await count(system.devnet), calls(system).length], [2, 2]);
  });
}

describe("a user's call that is under way in a database of before users' calls had several partitions", () => {
  it("is seen through by a new broadcaster, on SQLite", async () => {
    const directory = mkdtempSync(join(tmpdir(), "of-before-"));
    const path = join(directory, "evidence.sqlite");
    try {
      await seenThrough(`sqlite:${path}`, async (requestId) => {
        const file = new DatabaseSync(path);
        const { changes } = file
          .prepare("UPDATE projections SET partition = 'direct_user' WHERE request_id = ? AND terminal = 0")
          .run(requestId);
        assert.equal(changes, 1);
        file
          .prepare("INSERT INTO leases (resource, holder_id, epoch, expires_at_ms) VALUES ('direct_user', ?, ?, ?)")
          .run(holder.holder_id, holder.epoch, heldUntilMs());
        file.exec("PRAGMA user_version = 13");
        file.close();
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
  }).timeout(60_000);

  it("is seen through by a new broadcaster, on MongoDB", async function () {
    const database = (await needMongodb(this)).database();
    try {
      await seenThrough(database.url, async (requestId) => {
        await using client = new MongoClient(database.url);
        const db = client.db();
        const entries = await db
          .collection("entries")
          .updateMany({ request_id: requestId }, { $set: { partition: "direct_user" } });
        assert.ok(entries.modifiedCount > 1);
        const lease = {
          _id: "direct_user" as never,
          ...holder,
          expires_at: new Date(heldUntilMs()),
          write_id: "before",
        };
        await db.collection("leases").insertOne(lease);
        await db.collection("migrations").deleteOne({ _id: 11 as never });
      });
    } finally {
      await database.drop();
    }
  }).timeout(60_000);
});
