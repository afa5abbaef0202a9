import assert from "node:assert/strict";
import type { EvidenceStore } from "../src/core/store.ts";
import { type Amounts, release, reserve } from "../src/core/usage.ts";
import { UsageLedgers } from "../src/core/usage-ledgers.ts";
import { onEveryStore, type Place } from "./support/places.ts";

const walletId = "wallet-1";
const noon = Date.parse("2026-03-31T12:30:00Z");
const requestCount = 120;

/** Steps that move tokens which no other request moves. */
const stepsOf = (request: number): readonly Amounts[] =>
  Array.from({ length: 6 }, (_, step) => new Map([[`nep141:token-${request + 100}-${step}.factory.near`, 10n ** 24n]]));

onEveryStore("the stored usage ledger of a wallet with many tokens and open reservations", (newPlace) => {
  let place: Place;
  let stores: readonly EvidenceStore[];
  /** Ledgers of several processes, where the store is for several. */
  let ledgers: readonly UsageLedgers[];
  beforeEach(async () => {
    place = newPlace();
    await openStores();
  });
  afterEach(async () => {
    await closeStores();
    await place.drop();
  });

  async function openStores(): Promise<void> {
    stores = place.openStores();
    await Promise.all(stores.map((each) => each.start()));
    ledgers = stores.map((each) => new UsageLedgers({ store: each }));
  }
  const closeStores = () => Promise.all(stores.map((each) => each.close()));
  const storeOf = (index: number) => stores[index % stores.length] ?? assert.fail();
  const ledgersOf = (index: number) => ledgers[index % ledgers.length] ?? assert.fail();

  async function change(by: UsageLedgers, request: number, released?: readonly number[]): Promise<void> {
    const requestId = `request-${request + 100}`;
    const before = await by.read(walletId, requestId);
    const next =
      released === undefined ? reserve(before, stepsOf(request), "", noon) : release(before, new Set(released), noon);
    const kind = released === undefined ? "reserved" : "released";
    assert.notEqual(await by.append(before, { walletId, requestId }, kind, next ?? assert.fail()), undefined);
  }

  async function entries() {
    const found = await storeOf(0).usageEntriesAfter(walletId, 0, 10_000);
    return found.map(({ entryJson }) => ({
      bytes: Buffer.byteLength(entryJson),
      isSnapshot: "totals" in JSON.parse(entryJson),
    }));
  }
  const sum = (all: readonly { readonly bytes: number }[]) => all.reduce((total, { bytes }) => total + bytes, 0);

  it("has entries that are as long with 120 of them as with one, and at most four times their bytes in snapshots", async () => {
    for (let request = 0; request < requestCount; request += 1) await change(ledgersOf(request), request);
    const all = await entries();
    const changes = all.filter(({ isSnapshot }) => !isSnapshot);
    const lengths = changes.map(({ bytes }) => bytes);
    // Places in the ledger and the number of its latest snapshot have up to three digits.
    assert.ok(Math.max(...lengths) - Math.min(...lengths) <= 4, `${Math.min(...lengths)} to ${Math.max(...lengths)}`);
    const snapshots = all.filter(({ isSnapshot }) => isSnapshot);
    assert.ok(snapshots.length >= 2, `${snapshots.length} snapshots`);
    assert.ok(sum(snapshots) < 4 * sum(changes), `${sum(snapshots)} bytes beside ${sum(changes)}`);
    // With totals in every entry these are 8 MB.
    assert.ok(sum(all) < 300_000, `${sum(all)} bytes`);
  });

  it("says after a restart what it said before, from its latest snapshot and the entries since", async () => {
    for (let request = 0; request < requestCount; request += 1) await change(ledgersOf(request), request);
    for (let request = 0; request < 20; request += 1) await change(ledgersOf(request + 1), request, [0, 5]);
    const before = await ledgersOf(0).read(walletId, "request-103");
    await closeStores();
    await openStores();
    const all = await entries();
    const sinceSnapshot = all.length - all.findLastIndex(({ isSnapshot }) => isSnapshot);
    const store = storeOf(0);
    const asked: number[] = [];
    const watched = new UsageLedgers({
      store: {
        lastUsageEntry: (wallet) => store.lastUsageEntry(wallet),
        lastUsageEntryOf: (wallet, requestId) => store.lastUsageEntryOf(wallet, requestId),
        appendUsage: (entry) => store.appendUsage(entry),
        async usageEntriesAfter(wallet, seq, limit) {
          const found = await store.usageEntriesAfter(wallet, seq, limit);
          asked.push(found.length);
          return found;
        },
      },
    });
    assert.deepEqual(await watched.read(walletId, "request-103"), before);
    assert.deepEqual(asked, [sinceSnapshot - 1]);
    assert.ok(sinceSnapshot < all.length / 2, `${sinceSnapshot} of ${all.length}`);
    const counted = before.totals.hour;
    assert.deepEqual([counted.transactions, counted.amounts.size], [6 * requestCount - 40, 6 * requestCount - 40]);
  });
});
