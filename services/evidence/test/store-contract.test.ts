import assert from "node:assert/strict";
import { systemPorts } from "@outlayer/kit";
import type { Lease } from "../src/core/lease.ts";
import type { EvidenceStore } from "../src/core/store.ts";
import { onEveryStore, type Place } from "./support/places.ts";
import { claimOf, entryOf, fingerprint, gateEntryOf, projectionOf, usageEntryOf } from "./support/samples.ts";

const writers = 32;
const { ids } = systemPorts();

/** What every store has to do, whatever keeps the data. */
onEveryStore("an evidence store", (newPlace) => {
  let place: Place;
  let stores: readonly EvidenceStore[];
  let store: EvidenceStore;
  beforeEach(async () => {
    place = newPlace();
    stores = place.openStores();
    await Promise.all(stores.map((each) => each.start()));
    store = storeOf(0);
  });
  afterEach(async () => {
    await Promise.all(stores.map((each) => each.close()));
    await place.drop();
  });

  /** Another writer's store, where the store is for several. */
  function storeOf(index: number): EvidenceStore {
    const found = stores[index % stores.length];
    assert.ok(found);
    return found;
  }

  const race = <T>(run: (racing: EvidenceStore, index: number) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: writers }, (_, index) => run(storeOf(index), index)));

  async function open(key: string, requestId = ids.uuid()): Promise<string> {
    const entry = entryOf(requestId, 1);
    assert.deepEqual(await store.open(entry, claimOf(key), projectionOf(entry)), { kind: "opened" });
    return requestId;
  }

  async function append(requestId: string, version: number, status = "queued"): Promise<void> {
    const entry = entryOf(requestId, version);
    assert.equal(await store.append(entry, projectionOf(entry, status)), "appended");
  }

  it("gives entries back as they were written, in order, from any version on", async () => {
    const requestId = await open("read");
    for (let version = 2; version <= 12; version += 1) await append(requestId, version);
    await open("another");
    const all = Array.from({ length: 12 }, (_, index) => entryOf(requestId, index + 1));
    const plain = async (after: number) => (await store.read(requestId, after)).map((entry) => ({ ...entry }));
    assert.deepEqual(await plain(0), all);
    assert.deepEqual(await plain(9), all.slice(9));
    assert.deepEqual(await plain(12), []);
    assert.deepEqual(await store.read(ids.uuid(), 0), []);
  });

  it("keeps what an entry names by its SHA-256 only beside that entry", async () => {
    const requestId = await open("secret");
    const entry = entryOf(requestId, 2, "signed", '{"steps":[]}');
    assert.equal(await store.append(entry, projectionOf(entry, "submitting")), "appended");
    await append(requestId, 3);
    const secrets = (await store.read(requestId, 0)).map(({ secretJson }) => secretJson);
    assert.deepEqual(secrets, [undefined, '{"steps":[]}', undefined]);
  });

  it("opens one log of 200 requests of one key that come at once, and tells the others of it", async () => {
    const requestIds = Array.from({ length: 200 }, () => ids.uuid());
    const opened = await Promise.all(
      requestIds.map((requestId, index) => {
        const entry = entryOf(requestId, 1);
        return storeOf(index).open(entry, claimOf("stormed"), projectionOf(entry));
      }),
    );
    const [winner] = requestIds.filter((_, index) => opened[index]?.kind === "opened");
    const others = opened.filter(({ kind }) => kind !== "opened");
    assert.equal(others.length, 199);
    assert.deepEqual(new Set(others.map((each) => each.kind === "exists" && each.requestId)), new Set([winner]));
  });

  it("lets exactly one of 32 writers append a version, also where all of them write the same", async () => {
    const requestId = await open("raced");
    const entry = entryOf(requestId, 2);
    const outcomes = await race((racing) => racing.append(entry, projectionOf(entry, "queued")));
    assert.equal(outcomes.filter((outcome) => outcome === "appended").length, 1);
    assert.equal(outcomes.filter((outcome) => outcome === "conflict").length, writers - 1);
    assert.equal((await store.read(requestId, 0)).length, 2);
  });

  it("gives an idempotency key to one of 32 writers, and tells the others whose it is", async () => {
    const mine = Array.from({ length: writers }, () => ids.uuid());
    const outcomes = await race((racing, index) => {
      const entry = entryOf(mine[index] ?? "", 1);
      return racing.open(entry, claimOf("one-key"), projectionOf(entry));
    });
    const winner = mine[outcomes.findIndex(({ kind }) => kind === "opened")] ?? "";
    assert.equal(outcomes.filter(({ kind }) => kind === "opened").length, 1);
    for (const outcome of outcomes) {
      if (outcome.kind === "exists") assert.deepEqual(outcome, { kind: "exists", requestId: winner, fingerprint });
    }
    for (const requestId of mine) {
      assert.equal((await store.read(requestId, 0)).length, requestId === winner ? 1 : 0);
    }
    const listed = await store.listOpen({ after: "", limit: 100, sinceMs: 0 });
    assert.deepEqual(
      listed.map(({ requestId }) => requestId),
      [winner],
    );
  });

  it("keeps the keys of different wallets apart", async () => {
    await open("shared");
    const entry = entryOf(ids.uuid(), 1);
    const projection = { ...projectionOf(entry), walletId: "wallet-2" };
    assert.equal((await store.open(entry, claimOf("shared", "wallet-2"), projection)).kind, "opened");
  });

  it("refuses a request id that another key has, and changes nothing", async () => {
    const requestId = await open("first");
    const entry = entryOf(requestId, 1, "another event");
    await assert.rejects(store.open(entry, claimOf("second"), projectionOf(entry)));
    assert.equal((await store.read(requestId, 0))[0]?.hash, entryOf(requestId, 1).hash);
    assert.equal((await store.open(entryOf(ids.uuid(), 1), claimOf("second"), projectionOf(entry))).kind, "opened");
  });

  it("lists open workflows by request id as they stand, page by page, and fills a page past ended ones", async () => {
    const opened = Array.from({ length: 7 }, () => ids.uuid()).sort();
    for (const requestId of opened) await open(`key of ${requestId}`, requestId);
    await append(opened[1] ?? "", 2, "queued");
    await append(opened[2] ?? "", 2, "failed");
    await append(opened[3] ?? "", 2, "queued");
    await append(opened[3] ?? "", 3, "failed");
    const entry = entryOf(ids.uuid(), 1);
    await store.open(entry, claimOf("ended at once"), projectionOf(entry, "failed"));
    const page = async (after: string) =>
      (await store.listOpen({ after, limit: 2, sinceMs: 0 })).map((each) => ({ ...each }));
    const standing = (index: number, version: number, status: string) => ({
      ...projectionOf({ ...entryOf(opened[index] ?? "", version) }, status),
    });
    assert.deepEqual(await page(""), [standing(0, 1, "planned"), standing(1, 2, "queued")]);
    assert.deepEqual(await page(opened[1] ?? ""), [standing(4, 1, "planned"), standing(5, 1, "planned")]);
    assert.deepEqual(await page(opened[5] ?? ""), [standing(6, 1, "planned")]);
    assert.deepEqual(await page(opened[6] ?? ""), []);
  });

  it("lists, of open workflows, those whose last entry is not older than it was asked for, and fills a page with them", async () => {
    const opened = Array.from({ length: 6 }, () => ids.uuid()).sort();
    for (const requestId of opened) await open(`key of ${requestId}`, requestId);
    const { atMs } = entryOf(opened[0] ?? "", 1);
    const move = async (index: number, afterMs: number, status: string) => {
      const entry = { ...entryOf(opened[index] ?? "", 2), atMs: atMs + afterMs };
      assert.equal(await store.append(entry, projectionOf(entry, status)), "appended");
    };
    await move(1, 500, "queued");
    await move(2, 499, "queued");
    await move(3, 900, "failed");
    await move(5, 501, "queued");
    const since = async (sinceMs: number, after = "") =>
      (await store.listOpen({ after, limit: 2, sinceMs })).map(({ requestId, version }) => [
        opened.indexOf(requestId),
        version,
      ]);
    assert.deepEqual(await since(atMs + 500), [
      [1, 2],
      [5, 2],
    ]);
    assert.deepEqual(await since(atMs + 500, opened[1]), [[5, 2]]);
    assert.deepEqual(await since(atMs + 501), [[5, 2]]);
    assert.deepEqual(await since(atMs + 502), []);
    assert.deepEqual(await since(atMs), [
      [0, 1],
      [1, 2],
    ]);
  });

  it("lists, of open workflows, those of a partition, and beside them what an older program has written", async () => {
    const partitions = ["a", "b", "", "a", "b", "a"];
    const opened = partitions.map(() => ids.uuid()).sort();
    for (const [index, partition] of partitions.entries()) {
      const entry = entryOf(opened[index] ?? "", 1);
      const projection = { ...projectionOf(entry), partition };
      assert.equal((await store.open(entry, claimOf(`key ${index}`), projection)).kind, "opened");
    }
    const listed = async (partition: string | readonly string[] | undefined, limit = 10, sinceMs = 0, after = "") =>
      (
        await store.listOpen({
          after,
          limit,
          sinceMs,
          partitions: partition === undefined ? undefined : [partition].flat(),
        })
      ).map((one) => [opened.indexOf(one.requestId), one.partition]);
    const [a0, b1, none, a3, b4, a5] = partitions.map((partition, index) => [index, partition]);
    assert.deepEqual(await listed("a"), [a0, none, a3, a5]);
    assert.deepEqual(await listed("b"), [b1, none, b4]);
    assert.deepEqual(await listed("c"), [none]);
    assert.deepEqual(await listed(["b", "c", "a"]), [a0, b1, none, a3, b4, a5]);
    assert.deepEqual(await listed(["b", "a"], 3, 1), [a0, b1, a3]);
    assert.deepEqual(await listed(["b", "a"], 3, 1, opened[3]), [b4, a5]);
    assert.deepEqual(await listed(undefined), [a0, b1, none, a3, b4, a5]);
    assert.deepEqual(await listed("a", 2), [a0, none]);
    assert.deepEqual(await listed("a", 2, 0, opened[2]), [a3, a5]);
    // Lists of what has changed lately are asked for all the time, and have no part in it.
    assert.deepEqual(await listed("a", 10, 1), [a0, a3, a5]);
    const entry = entryOf(opened[2] ?? "", 2);
    assert.equal(await store.append(entry, { ...projectionOf(entry, "queued"), partition: "b" }), "appended");
    const { atMs } = entryOf(opened[3] ?? "", 1);
    const ended = { ...entryOf(opened[3] ?? "", 2), atMs };
    assert.equal(await store.append(ended, { ...projectionOf(ended, "failed"), partition: "a" }), "appended");
    assert.deepEqual(
      (await listed("a")).filter(([, partition]) => partition === "a"),
      [a0, a5],
    );
  });

  it("gives no nonce out twice to 32 writers whose clocks differ, and each writer a row of them", async () => {
    const atLeast = (index: number) => 1_700_000_000_000n + BigInt(index % 5);
    const given = await race((racing, index) => racing.reserveNonces("alice.near", 3, atLeast(index)));
    assert.equal(new Set(given.flat()).size, 3 * writers);
    for (const [index, nonces] of given.entries()) {
      const [first = 0n] = nonces;
      assert.ok(first >= atLeast(index));
      assert.deepEqual(nonces, [first, first + 1n, first + 2n]);
    }
    const last = given.flat().reduce((highest, nonce) => (nonce > highest ? nonce : highest));
    assert.deepEqual(await store.reserveNonces("alice.near", 1, 0n), [last + 1n]);
    assert.deepEqual(await store.reserveNonces("bob.near", 2, 7n), [7n, 8n]);
  });

  it("gives out no nonce of 2^53 or more", async () => {
    const limit = 2n ** 53n;
    await assert.rejects(store.reserveNonces("alice.near", 3, limit - 3n), RangeError);
    assert.deepEqual(await store.reserveNonces("alice.near", 2, limit - 4n), [limit - 4n, limit - 3n]);
    assert.deepEqual(await store.reserveNonces("alice.near", 1, 0n), [limit - 2n]);
    await assert.rejects(store.reserveNonces("alice.near", 1, 0n), RangeError);
  });

  it("lets exactly one of 32 writers append a version of a gate's log", async () => {
    assert.equal(await store.lastGateEntry("gate.near"), undefined);
    for (let version = 1; version <= 11; version += 1) {
      const entry = gateEntryOf("gate.near", version);
      const outcomes =
        version % 5 === 1 ? await race((racing) => racing.appendGate(entry)) : [await store.appendGate(entry)];
      assert.equal(outcomes.filter((outcome) => outcome === "appended").length, 1);
    }
    assert.deepEqual({ ...(await store.lastGateEntry("gate.near")) }, gateEntryOf("gate.near", 11));
    assert.equal(await store.lastGateEntry("other.near"), undefined);
  });

  it("lets exactly one of 32 keys use up an approval, and tells the others who did", async () => {
    const mine = Array.from({ length: writers }, () => ids.uuid());
    const outcomes = await race((racing, index) => {
      const entry = entryOf(mine[index] ?? "", 1);
      return racing.open(entry, claimOf(`key-${index}`, "wallet-1", "approved"), projectionOf(entry));
    });
    const won = outcomes.findIndex(({ kind }) => kind === "opened");
    const requestId = mine[won] ?? "";
    for (const [index, outcome] of outcomes.entries()) {
      if (index !== won) assert.deepEqual(outcome, { kind: "approval_used", requestId });
    }
    const again = entryOf(ids.uuid(), 1);
    const repeated = await store.open(again, claimOf(`key-${won}`, "wallet-1", "approved"), projectionOf(again));
    assert.deepEqual(repeated, { kind: "exists", requestId, fingerprint });
  });

  it("lets exactly one of 32 writers append a place of a wallet's ledger, and finds what is of one request", async () => {
    assert.equal(await store.lastUsageEntry("wallet-1"), undefined);
    for (let seq = 1; seq <= 11; seq += 1) {
      const entry = usageEntryOf("wallet-1", seq, seq <= 3 ? "early" : "late");
      const outcomes =
        seq % 5 === 1 ? await race((racing) => racing.appendUsage(entry)) : [await store.appendUsage(entry)];
      assert.equal(outcomes.filter((outcome) => outcome === "appended").length, 1);
    }
    assert.deepEqual({ ...(await store.lastUsageEntry("wallet-1")) }, usageEntryOf("wallet-1", 11, "late"));
    assert.deepEqual({ ...(await store.lastUsageEntryOf("wallet-1", "early")) }, usageEntryOf("wallet-1", 3, "early"));
    assert.equal(await store.lastUsageEntryOf("wallet-2", "early"), undefined);
    const after = async (walletId: string, seq: number, limit: number) =>
      (await store.usageEntriesAfter(walletId, seq, limit)).map((entry) => ({ ...entry }));
    const late = [10, 11].map((seq) => usageEntryOf("wallet-1", seq, "late"));
    assert.deepEqual(await after("wallet-1", 9, 5), late);
    assert.deepEqual(await after("wallet-1", 9, 1), late.slice(0, 1));
    assert.deepEqual(await after("wallet-1", 11, 5), []);
    assert.deepEqual(await after("wallet-2", 0, 5), []);
  });

  it("lets exactly one of 32 writers take a lease, whether nobody had it or its time is over", async () => {
    assert.equal(await store.readLease("gate"), undefined);
    let before: Lease | undefined;
    for (let epoch = 1; epoch <= 3; epoch += 1) {
      const outcomes = await race((racing, index) =>
        racing.replaceLease(before, { resource: "gate", holderId: `writer-${index}`, epoch, expiresAtMs: 5 }),
      );
      assert.equal(outcomes.filter((won) => won).length, 1);
      const found = await store.readLease("gate");
      assert.deepEqual(
        { ...found },
        { resource: "gate", holderId: `writer-${outcomes.indexOf(true)}`, epoch, expiresAtMs: 5 },
      );
      assert.equal(await store.replaceLease(before, { ...(found as Lease), expiresAtMs: 9 }), false);
      before = found;
    }
    const kept = { ...(before as Lease), expiresAtMs: 7 };
    assert.equal(await store.replaceLease(before, kept), true);
    assert.deepEqual({ ...(await storeOf(1).readLease("gate")) }, kept);
    assert.equal(await store.readLease("another"), undefined);
  });

  it("lists leases that have not expired by then, in order of their resources and no more than asked for", async () => {
    assert.deepEqual(await store.listLeases(0, 10), []);
    const lease = (resource: string, expiresAtMs: number, times = {}) =>
      ({ resource, holderId: `of ${resource}`, epoch: 1, expiresAtMs, ...times }) satisfies Lease;
    const taken = { takenAtMs: 3 };
    const [user, gate] = [lease("direct_user", 20, taken), lease("gate:a.near", 15)];
    const presence = lease("broadcaster:one", 11, taken);
    // A store may remove the presence of a process that is long gone: this one is not.
    const kept = { ...presence, removableAtMs: Date.now() + 3_600_000 };
    for (const one of [user, gate, kept, lease("gate:over.near", 10, taken)]) {
      assert.equal(await store.replaceLease(undefined, one), true);
    }
    const list = async (from: EvidenceStore, nowMs: number, limit = 10) =>
      (await from.listLeases(nowMs, limit)).map((one) => ({ ...one }));
    assert.deepEqual(await list(storeOf(1), 10), [presence, user, gate]);
    assert.deepEqual(await list(store, 10, 2), [presence, user]);
    assert.deepEqual(await list(store, 15), [user]);
    // Renewed: taken when it was. Taken by another: since then.
    const renewed = { ...gate, expiresAtMs: 30 };
    assert.equal(await store.replaceLease(gate, renewed), true);
    const next = { ...user, holderId: "another", epoch: 2, expiresAtMs: 40, takenAtMs: 21 };
    assert.equal(await store.replaceLease(user, next), true);
    assert.deepEqual(await list(storeOf(2), 20), [next, renewed]);
    assert.deepEqual({ ...(await store.readLease("direct_user")) }, next);
    // What the holder says comes and goes with each renewal.
    const said = { ...renewed, expiresAtMs: 31, standing: { stuck: "balance_low", waitingWorkflows: 7 } };
    assert.equal(await store.replaceLease(renewed, said), true);
    assert.deepEqual(await list(storeOf(2), 20), [next, said]);
    assert.deepEqual({ ...(await storeOf(1).readLease(said.resource)) }, said);
    const unsaid = { ...renewed, expiresAtMs: 32 };
    assert.equal(await store.replaceLease(said, unsaid), true);
    assert.deepEqual(await list(storeOf(2), 20), [next, unsaid]);
  });

  it("lets exactly one of 32 sessions set a mark, which stays its own however often it is set (rule: challenge-is-used-once)", async () => {
    const expiresAtMs = Date.now() + 3_600_000;
    assert.equal(await store.hasMark("challenge:one"), false);
    const sessions = Array.from({ length: writers }, () => ids.uuid());
    const markOf = (sessionId = "") => ({ name: "challenge:one", sessionId, expiresAtMs });
    const outcomes = await race((racing, index) => racing.setMark(markOf(sessions[index]), 1));
    assert.equal(outcomes.filter((won) => won).length, 1);
    const winner = sessions[outcomes.indexOf(true)];
    assert.equal(await storeOf(1).setMark(markOf(winner), 2), true);
    assert.equal(await storeOf(2).setMark(markOf(ids.uuid()), 2), false);
    assert.equal(await storeOf(1).hasMark("challenge:one"), true);
    assert.equal(await store.hasMark("challenge:two"), false);
  });

  it("lists who signed in, the latest first, each account once, however many note it at once", async () => {
    assert.deepEqual(await store.listSignedIn(0, 10), []);
    const now = Date.now();
    await race((racing, index) => racing.noteSignIn("a.near", now - 1000 - index));
    await store.noteSignIn("b.near", now - 2000);
    await store.noteSignIn("c.near", now - 500);
    assert.deepEqual(await storeOf(1).listSignedIn(0, 10), ["c.near", "a.near", "b.near"]);
    await storeOf(1).noteSignIn("b.near", now);
    await store.noteSignIn("b.near", now - 5000);
    assert.deepEqual(await store.listSignedIn(0, 2), ["b.near", "c.near"]);
    assert.deepEqual(await store.listSignedIn(now - 1000, 10), ["b.near", "c.near"]);
  });

  it("keeps everything when it is opened again", async () => {
    const requestId = await open("kept");
    await store.appendGate(gateEntryOf("gate.near", 1));
    const nonces = await store.reserveNonces("alice.near", 2, 5n);
    await store.setMark({ name: "revoked:one", sessionId: "one", expiresAtMs: Date.now() + 3_600_000 }, Date.now());
    await Promise.all(stores.map((each) => each.close()));
    stores = place.openStores();
    store = storeOf(0);
    await Promise.all(stores.map((each) => each.start()));
    assert.equal((await store.read(requestId, 0)).length, 1);
    assert.equal(await store.hasMark("revoked:one"), true);
    assert.equal((await store.lastGateEntry("gate.near"))?.version, 1);
    assert.deepEqual(await store.reserveNonces("alice.near", 1, 0n), [(nonces[1] ?? 0n) + 1n]);
    const entry = entryOf(ids.uuid(), 1);
    const reopened = await store.open(entry, claimOf("kept"), projectionOf(entry));
    assert.deepEqual(reopened, { kind: "exists", requestId, fingerprint });
  });
});
