import assert from "node:assert/strict";
import type { Entry } from "../src/core/entry.ts";
import type { EvidenceStore } from "../src/core/store.ts";
import { onEveryStore, type Place } from "./support/places.ts";
import { claimOf, entryOf, projectionOf } from "./support/samples.ts";

/** An entry at so many milliseconds. */
const entryAt = (requestId: string, version: number, atMs: number): Entry => ({ ...entryOf(requestId, version), atMs });

onEveryStore("what an evidence store knows of what was published", (newPlace) => {
  let place: Place;
  let stores: readonly EvidenceStore[];
  let store: EvidenceStore;
  beforeEach(async () => {
    place = newPlace();
    stores = place.openStores();
    store = stores[0] as EvidenceStore;
    await store.start();
  });
  afterEach(async () => {
    await Promise.all(stores.map((each) => each.close()));
    await place.drop();
  });

  async function open(requestId: string, atMs: number): Promise<void> {
    const entry = entryAt(requestId, 1, atMs);
    await store.open(entry, claimOf(requestId), projectionOf(entry));
  }
  async function append(requestId: string, version: number, atMs: number): Promise<void> {
    const entry = entryAt(requestId, version, atMs);
    await store.append(entry, projectionOf(entry));
  }

  it("lists workflows that nobody has said to be published, page by page, and none that has just grown", async () => {
    for (const requestId of ["c", "a", "b", "d"]) await open(requestId, 1000);
    await append("b", 2, 2000);
    assert.deepEqual(await store.listUnpublished(1001, "", 10), ["a", "c", "d"]);
    assert.deepEqual(await store.listUnpublished(2001, "", 2), ["a", "b"]);
    assert.deepEqual(await store.listUnpublished(2001, "b", 2), ["c", "d"]);
    assert.deepEqual(await store.listUnpublished(1000, "", 10), []);
  });

  it("lists a workflow until its last version was published, and again when it has grown", async () => {
    await open("a", 1000);
    await open("b", 1000);
    await append("a", 2, 1000);
    await store.markPublished(new Map([["a", 1]]));
    assert.deepEqual(await store.listUnpublished(9000, "", 10), ["a", "b"]);
    await store.markPublished(
      new Map([
        ["a", 2],
        ["b", 1],
        ["never opened", 7],
      ]),
    );
    assert.deepEqual(await store.listUnpublished(9000, "", 10), []);
    await append("a", 3, 1000);
    assert.deepEqual(await store.listUnpublished(9000, "", 10), ["a"]);
  });

  it("fills a page past workflows that have just grown, and lists one of many versions once", async () => {
    for (const requestId of ["a", "b", "c", "d"]) await open(requestId, 1000);
    for (let version = 2; version <= 6; version += 1) await append("a", version, 1000);
    await append("b", 2, 5000);
    assert.deepEqual(await store.listUnpublished(2000, "", 2), ["a", "c"]);
    assert.deepEqual(await store.listUnpublished(2000, "c", 2), ["d"]);
  });

  it("never goes back", async () => {
    await open("a", 1000);
    await append("a", 2, 1000);
    await store.markPublished(new Map([["a", 2]]));
    await store.markPublished(new Map([["a", 1]]));
    assert.deepEqual(await store.listUnpublished(9000, "", 10), []);
  });
});
