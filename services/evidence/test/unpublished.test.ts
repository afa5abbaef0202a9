import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteStore } from "../src/adapters/sqlite/store.ts";
import type { Entry } from "../src/core/entry.ts";
import type { EvidenceStore } from "../src/core/store.ts";

/** An entry at so many milliseconds. */
const entry = (requestId: string, version: number, atMs: number): Entry => ({
  requestId,
  version,
  atMs,
  entryJson: "{}",
  hash: "a".repeat(64),
});

const projection = (requestId: string, version: number) => ({
  requestId,
  walletId: "wallet-1",
  status: "queued",
  terminal: false,
  version,
});

describe("what a store knows of what was published", () => {
  let directory: string;
  let store: EvidenceStore;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "unpublished-"));
    store = openSqliteStore(join(directory, "evidence.sqlite"));
  });
  afterEach(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });

  async function open(requestId: string, atMs: number): Promise<void> {
    const claim = { walletId: "wallet-1", idempotencyKey: requestId, fingerprint: "f", approvalOf: undefined };
    await store.open(entry(requestId, 1, atMs), claim, projection(requestId, 1));
  }
  const append = (requestId: string, version: number, atMs: number) =>
    store.append(entry(requestId, version, atMs), projection(requestId, version));

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

  it("never goes back", async () => {
    await open("a", 1000);
    await append("a", 2, 1000);
    await store.markPublished(new Map([["a", 2]]));
    await store.markPublished(new Map([["a", 1]]));
    assert.deepEqual(await store.listUnpublished(9000, "", 10), []);
  });
});
