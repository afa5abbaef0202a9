import assert from "node:assert/strict";
import { Code } from "@outlayer/kit";
import { type Collection, MongoServerError } from "mongodb";
import type { Database } from "../src/adapters/mongodb/database.ts";
import { DatabaseRefused, translated } from "../src/adapters/mongodb/errors.ts";
import { insertOnce, type OwnDocument } from "../src/adapters/mongodb/insert-once.ts";

describe("an insertion that a unique index lets one writer make", () => {
  /** A document that is not as it must be. */
  const refused = new MongoServerError({ message: "refused", code: 121 });
  const deadlock = new MongoServerError({ message: "deadlock detected", code: 16_908_292 });

  /** Inserts over a server that refuses so many attempts, and has no document then. @returns the pauses in between */
  async function pausesOver(refusals: number, fraction: number, error = deadlock): Promise<readonly number[]> {
    const pauses: number[] = [];
    const ports = {
      clock: { now: () => 0 },
      // A random fraction of all that there are.
      random: { bytes: (count: number) => new Uint8Array(count).fill(Math.floor(255 * fraction)) },
      timers: {
        after(ms: number, run: () => void) {
          pauses.push(ms);
          queueMicrotask(run);
          return () => {};
        },
      },
    };
    let left = refusals;
    const collection = {
      async insertOne() {
        left -= 1;
        if (left >= 0) throw error;
      },
      findOne: async () => null,
    } as unknown as Collection<OwnDocument>;
    const answered = (call: () => Promise<unknown>) => call().catch((caught) => Promise.reject(translated(caught)));
    const database = { ports, answered } as unknown as Database;
    const inserted = await insertOnce(database, collection, { _id: "a", write_id: "w" }, [{ _id: "a" }]);
    assert.deepEqual(inserted, { won: true });
    return pauses;
  }

  it("is tried again after pauses that grow, and that differ from one writer to the next", async () => {
    const [short, long] = await Promise.all([pausesOver(6, 0), pausesOver(6, 1)]);
    for (const pauses of [short, long]) {
      assert.equal(pauses.length, 6);
      for (const [index, pause] of pauses.slice(1).entries()) assert.ok(pause >= 1.9 * (pauses[index] ?? 0));
    }
    for (const [index, pause] of short.entries()) assert.ok(pause < (long[index] ?? 0));
    // Callers of evidence wait 5 s.
    assert.ok(long.reduce((sum, pause) => sum + pause, 0) < 3_000);
  });

  it("fails with the server's error once it was refused seven times", async () => {
    await assert.rejects(pausesOver(7, 0, refused), DatabaseRefused);
  });

  it("fails as unavailable where other writes were in its way seven times: nobody has won yet", async () => {
    await assert.rejects(pausesOver(7, 0), { code: Code.Unavailable });
  });
});
