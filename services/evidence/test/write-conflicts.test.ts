import assert from "node:assert/strict";
import { systemPorts } from "@outlayer/kit";
import { MongoServerError } from "mongodb";
import type { Database } from "../src/adapters/mongodb/database.ts";
import { Entries } from "../src/adapters/mongodb/entries.ts";
import { translated } from "../src/adapters/mongodb/errors.ts";
import { Nonces } from "../src/adapters/mongodb/nonces.ts";
import { SignedInAccounts } from "../src/adapters/mongodb/signed-in-accounts.ts";
import { claimOf, entryOf, fingerprint, projectionOf } from "./support/samples.ts";

const ports = systemPorts();
const { ids } = ports;

/** A server with one collection, that gives the first write up for a deadlock. @returns what it keeps, and what it was sent */
function deadlockedOnce() {
  const kept: Record<string, unknown>[] = [];
  const sent: string[] = [];
  const looks: object[] = [];
  const write = async (documents: readonly Record<string, unknown>[]) => {
    sent.push(documents.map(({ _id }) => _id).join());
    await new Promise(setImmediate);
    if (sent.length === 1) throw new MongoServerError({ message: "deadlock detected", code: 16_908_292 });
    kept.push(...documents);
    return { insertedCount: documents.length };
  };
  const has = (place: object) => (document: Record<string, unknown>) =>
    Object.entries(place).every(([name, value]) => document[name] === value);
  const collection = {
    insertMany: write,
    insertOne: (document: Record<string, unknown>) => write([document]),
    updateOne: (place: Record<string, unknown>) => write([place]),
    async findOne(place: object) {
      looks.push(place);
      return kept.find(has(place)) ?? null;
    },
  };
  const answered = (call: () => Promise<unknown>) => call().catch((caught) => Promise.reject(translated(caught)));
  return { database: { ports, collection: () => collection, answered } as unknown as Database, kept, sent, looks };
}

describe("a write to MongoDB that another one was in the way of", () => {
  it("is made again: nonces, from the next ones that are free", async () => {
    const { database, kept } = deadlockedOnce();
    assert.deepEqual(await new Nonces(database).reserve("alice.near", 2, 7n), [7n, 8n]);
    assert.equal(kept.length, 2);
  });

  it("is made again: that an account has signed in", async () => {
    const { database, kept } = deadlockedOnce();
    await new SignedInAccounts(database).note("alice.near", 1);
    assert.deepEqual(kept, [{ _id: "alice.near" }]);
  });

  describe("is made again: a first entry, while others wait for it", () => {
    const requestIds = Array.from({ length: 8 }, () => ids.uuid());
    const [requestId = ""] = requestIds;
    const openAll = (database: Database, keyOf: (index: number) => string) => {
      const entries = new Entries(database, () => ids.uuid());
      return Promise.all(
        requestIds.map((each, index) => {
          const entry = entryOf(each, 1);
          return entries.open(entry, claimOf(keyOf(index), "wallet-1", "approved"), projectionOf(entry));
        }),
      );
    };

    it("that would use up the same approval", async () => {
      const { database, kept, sent } = deadlockedOnce();
      const outcomes = await openAll(database, (index) => `key-${index}`);
      assert.deepEqual(outcomes, [{ kind: "opened" }, ...Array(7).fill({ kind: "approval_used", requestId })]);
      assert.deepEqual(sent, [`${requestId}:1`, `${requestId}:1`]);
      assert.equal(kept.length, 1);
    });

    it("that have the same key, and need not look", async () => {
      const { database, sent, looks } = deadlockedOnce();
      const outcomes = await openAll(database, () => "one-key");
      assert.deepEqual(outcomes, [{ kind: "opened" }, ...Array(7).fill({ kind: "exists", requestId, fingerprint })]);
      assert.deepEqual(sent, [`${requestId}:1`, `${requestId}:1`]);
      assert.equal(looks.length, 2, "what became of the first insertion, by the key and by the approval");
    });
  });
});
