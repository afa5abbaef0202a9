import assert from "node:assert/strict";
import { openSqliteStore } from "../src/adapters/sqlite/store.ts";
import type { EvidenceStore } from "../src/core/store.ts";
import { release, reserve } from "../src/core/usage.ts";
import { emptyFold, foldedTo, reservationIn } from "../src/core/usage-entry.ts";
import { UsageLedgers } from "../src/core/usage-ledgers.ts";

const walletId = "wallet-1";
const nowMs = Date.parse("2026-03-31T12:30:00Z");

describe("folded usage ledgers", () => {
  let store: EvidenceStore;
  /** Queries of the first process, in order. */
  let asked: string[];
  /** Runs between the store's answer to a query of the first process and its arrival. */
  let meanwhile: (query: string) => Promise<void>;
  /** The ledgers in two processes. */
  let ledgers: UsageLedgers;
  let others: UsageLedgers;
  beforeEach(() => {
    store = openSqliteStore(":memory:");
    asked = [];
    meanwhile = async () => {};
    const watched =
      <A extends readonly unknown[], T>(query: string, ask: (...given: A) => Promise<T>) =>
      async (...given: A) => {
        asked.push(query);
        const answer = await ask(...given);
        await meanwhile(query);
        return answer;
      };
    ledgers = new UsageLedgers({
      store: {
        lastUsageEntry: watched("last", store.lastUsageEntry.bind(store)),
        lastUsageEntryOf: watched("of", store.lastUsageEntryOf.bind(store)),
        usageEntriesAfter: watched("after", store.usageEntriesAfter.bind(store)),
        appendUsage: watched("append", store.appendUsage.bind(store)),
      },
    });
    others = new UsageLedgers({ store });
  });
  afterEach(() => store.close());

  async function spend(by: UsageLedgers, requestId: string, amount: bigint): Promise<void> {
    for (;;) {
      const ledger = await by.read(walletId, requestId);
      const change = reserve(ledger, [new Map([["native", amount]])], "", nowMs);
      if ((await by.append(ledger, { walletId, requestId }, "reserved", change)) !== undefined) return;
    }
  }
  /** The ledger after an entry, or after the last, folded from all entries in the store. */
  async function stored(requestId?: string, seq = Number.POSITIVE_INFINITY) {
    const entries = (await store.usageEntriesAfter(walletId, 0, 10_000)).filter((entry) => entry.seq <= seq);
    const fold = entries.reduce((before, entry) => foldedTo(before, entry).fold, emptyFold);
    const own = entries.findLast((entry) => entry.requestId === requestId);
    return { ...fold, own: own && reservationIn(own) };
  }
  async function sameAsStored(...requestIds: (string | undefined)[]): Promise<void> {
    for (const requestId of requestIds) {
      for (const each of [ledgers, others])
        assert.deepEqual(await each.read(walletId, requestId), await stored(requestId));
    }
  }

  it("ask the store for newer entries alone, and not at all for a reservation on the entry that was read", async () => {
    await spend(ledgers, "a", 5n);
    assert.deepEqual(asked.splice(0), ["last", "of", "append"]);
    const { seq } = await ledgers.read(walletId, "a");
    assert.deepEqual(asked.splice(0), ["after"]);
    assert.deepEqual(await ledgers.readAt(walletId, "a", seq), await stored("a"));
    assert.deepEqual(asked.splice(0), []);
    await ledgers.read(walletId);
    await ledgers.read(walletId, "b");
    await ledgers.read(walletId, "b");
    assert.deepEqual(asked.splice(0), ["after", "of", "after", "after"]);
    await ledgers.readAt(walletId, "b", seq + 1);
    assert.deepEqual(asked, ["after"], "an entry that the cache lacks is read");
  });

  it("are what the store says, whoever appends", async () => {
    await sameAsStored(undefined, "a");
    for (let round = 0; round < 12; round += 1) {
      const requestId = ["a", "b", "c"][round % 3] ?? "";
      await spend(round % 2 === 0 ? ledgers : others, requestId, BigInt(round));
      await sameAsStored(undefined, "a", "b", "c", "d");
    }
    const ledger = await ledgers.read(walletId, "a");
    const change = release(ledger, new Set([0]), nowMs) ?? assert.fail();
    assert.equal(await ledgers.append(ledger, { walletId, requestId: "a" }, "released", change), ledger.seq + 1);
    await sameAsStored(undefined, "a", "b");
  });

  it("do not move on by an entry that lost", async () => {
    const ledger = await ledgers.read(walletId, "a");
    await spend(others, "b", 3n);
    const change = reserve(ledger, [new Map([["native", 9n]])], "", nowMs);
    assert.equal(await ledgers.append(ledger, { walletId, requestId: "a" }, "reserved", change), undefined);
    await sameAsStored(undefined, "a", "b");
  });

  for (const query of ["last", "of", "after"]) {
    for (const known of [false, true]) {
      const title = known ? "a cached ledger" : "a new one";
      it(`hold together where another process appends for the request after the query "${query}", of ${title}`, async () => {
        await spend(others, "a", 5n);
        await spend(others, "b", 7n);
        if (known) await ledgers.read(walletId, "b");
        let left = 2;
        meanwhile = async (answered) => {
          if (answered !== query || left === 0) return;
          left -= 1;
          await spend(others, "a", 10n + BigInt(left));
        };
        const ledger = await ledgers.read(walletId, "a");
        meanwhile = async () => {};
        // As it stood at one of its entries, or outdated as a whole: never the request of one entry and the totals of another.
        assert.deepEqual(ledger, await stored("a", ledger.seq));
        await sameAsStored("a", "b", undefined);
      });
    }
  }

  describe("where an answer is slow", () => {
    /** Holds the first answer to a query of the first process back. @returns lets it arrive */
    function held(query: string): () => void {
      const { promise, resolve } = Promise.withResolvers<void>();
      let isHeld = false;
      meanwhile = async (answered) => {
        if (answered !== query || isHeld) return;
        isHeld = true;
        await promise;
      };
      return resolve;
    }

    beforeEach(async () => {
      await spend(others, "a", 5n);
      await spend(others, "b", 7n);
    });

    it("do not go back to entries before those that were read meanwhile", async () => {
      await ledgers.read(walletId, "b");
      await spend(others, "b", 8n);
      const arrives = held("after");
      const slow = ledgers.read(walletId, "b");
      await spend(others, "b", 9n);
      assert.equal((await ledgers.read(walletId, "b")).seq, 4);
      arrives();
      assert.deepEqual(await slow, await stored("b"));
      asked = [];
      assert.deepEqual(await ledgers.readAt(walletId, "b", 4), await stored("b"));
      assert.deepEqual(asked, []);
    });

    it("do not take a request's entry for its latest one if a newer was read meanwhile", async () => {
      await ledgers.read(walletId, "b");
      const arrives = held("of");
      const slow = ledgers.read(walletId, "a");
      await spend(others, "a", 9n);
      await ledgers.read(walletId, "b");
      arrives();
      assert.deepEqual(await slow, await stored("a"));
      await sameAsStored("a", "b");
    });

    it("leave an append out where the cached ledger lacks the entry before it", async () => {
      const arrives = held("of");
      const slow = ledgers.read(walletId, "x");
      await spend(others, "x", 9n);
      const ledger = await ledgers.read(walletId, "y");
      // So many that the wallet's ledger is dropped, and the slow reader's outdated one is cached.
      for (let index = 0; index < 100; index += 1) await ledgers.read(walletId, `request ${index}`);
      arrives();
      assert.equal((await slow).seq, 2);
      const change = reserve(ledger, [new Map([["native", 1n]])], "", nowMs);
      assert.equal(await ledgers.append(ledger, { walletId, requestId: "y" }, "reserved", change), ledger.seq + 1);
      await sameAsStored("x", "y", "a", undefined);
    });
  });

  it("are read anew where they are far behind, or have met many requests", async () => {
    await ledgers.read(walletId, "a");
    for (let index = 0; index < 130; index += 1) await spend(others, `request ${index}`, 1n);
    asked = [];
    await ledgers.read(walletId, "a");
    assert.deepEqual(asked, ["after", "last", "after", "of"]);
    for (let index = 0; index < 130; index += 1) await ledgers.read(walletId, `request ${index}`);
    await sameAsStored("request 0", "request 129", "a", undefined);
  });

  it("count each reservation of 40 concurrent writers in two processes once", async () => {
    meanwhile = () => new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        spend(index % 2 === 0 ? ledgers : others, `request ${index % 8}`, 10n ** BigInt(index % 8)),
      ),
    );
    await sameAsStored(undefined, ...Array.from({ length: 8 }, (_, index) => `request ${index}`));
    assert.equal((await ledgers.read(walletId)).totals.hour.amounts.get("native"), 11_111_111n);
  });
});
