import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { inspect, promisify } from "node:util";
import { Code, createLogger, Refusal, systemPorts } from "@outlayer/kit";
import { type Mongodb, needMongodb } from "@outlayer/test-servers";
import type { Document } from "mongodb";
import { migrations } from "../src/adapters/mongodb/schema/migrations.ts";
import { migrateMongodb, openMongodbStore } from "../src/adapters/mongodb/store.ts";
import { isHeld, type Lease, takenBy } from "../src/core/lease.ts";
import type { EvidenceStore } from "../src/core/store.ts";
import { type MongodbPlace, mongodbPlace } from "./support/places.ts";
import { claimOf, entryOf, fingerprint, gateEntryOf, projectionOf } from "./support/samples.ts";
import { type SeveredLink, severedLink } from "./support/severed-link.ts";

const ports = systemPorts();
const logger = createLogger("evidence", "silent");

describe("the MongoDB store", () => {
  let mongodb: Mongodb;
  let place: MongodbPlace;
  let store: EvidenceStore;
  const stored = (name: string) => place.client.db().collection<Document & { _id: string }>(name);
  before(async function () {
    mongodb = await needMongodb(this);
  });
  beforeEach(() => {
    place = mongodbPlace(mongodb);
    store = openMongodbStore(place.database, ports, logger);
  });
  afterEach(async () => {
    await store.close();
    await place.drop();
  });

  async function openTwo(): Promise<[string, string]> {
    const requestIds = [ports.ids.uuid(), ports.ids.uuid()].sort() as [string, string];
    for (const requestId of requestIds) {
      const entry = entryOf(requestId, 1);
      await store.open(entry, claimOf(requestId), projectionOf(entry));
    }
    return requestIds;
  }

  describe("when answers get lost", () => {
    let link: SeveredLink;
    let linked: EvidenceStore;
    beforeEach(async () => {
      await store.start();
      const url = new URL(place.database.url);
      link = await severedLink(url.hostname, Number(url.port || 27017));
      url.host = `127.0.0.1:${link.port}`;
      // Else the driver asks the server where it is, and goes there past the link.
      url.searchParams.set("directConnection", "true");
      linked = openMongodbStore({ ...place.database, url: url.href }, ports, logger);
    });
    afterEach(async () => {
      await linked.close();
      await link.close();
    });

    it("knows its own write again", async () => {
      const entry = entryOf(ports.ids.uuid(), 1);
      // Twice, for where the driver repeats the write by itself.
      link.loseAnswersTo(entry.hash, 2);
      assert.deepEqual(await linked.open(entry, claimOf("lost"), projectionOf(entry)), { kind: "opened" });
      const second = entryOf(entry.requestId, 2);
      link.loseAnswersTo(second.hash, 2);
      assert.equal(await linked.append(second, projectionOf(second)), "appended");
      const gateEntry = gateEntryOf("gate.near", 1);
      link.loseAnswersTo(gateEntry.hash, 2);
      assert.equal(await linked.appendGate(gateEntry), "appended");
      assert.ok(link.lost >= 3);
      assert.equal((await store.read(entry.requestId, 0)).length, 2);
    });

    it("does not take another's equal write for its own", async () => {
      const [requestId] = await openTwo();
      const entry = entryOf(requestId, 2);
      assert.equal(await store.append(entry, projectionOf(entry)), "appended");
      link.loseAnswersTo(entry.hash, 2);
      assert.equal(await linked.append(entry, projectionOf(entry)), "conflict");
      assert.ok(link.lost >= 1);
    });

    it("finds out for each of those that were inserted together", async () => {
      const requestIds = Array.from({ length: 24 }, () => ports.ids.uuid());
      for (const requestId of requestIds) {
        const entry = entryOf(requestId, 1);
        await store.open(entry, claimOf(requestId), projectionOf(entry));
      }
      const entries = requestIds.map((requestId) => entryOf(requestId, 2));
      const [taken = assert.fail()] = entries.slice(10);
      assert.equal(await store.append(taken, projectionOf(taken)), "appended");
      for (const lost of [5, 15]) {
        // The answer to all that are inserted beside this one.
        link.loseAnswersTo(entries[lost]?.hash ?? assert.fail(), 1);
        const outcomes = await Promise.all(entries.map((entry) => linked.append(entry, projectionOf(entry))));
        const won = entries.map((entry) => (lost === 5 && entry !== taken ? "appended" : "conflict"));
        assert.deepEqual(outcomes, won);
      }
      assert.ok(link.lost >= 2);
      for (const requestId of requestIds) assert.equal((await store.read(requestId, 0)).length, 2);
    });

    it("says that it does not know, where it cannot find out", async () => {
      const [requestId] = await openTwo();
      const entry = entryOf(requestId, 2);
      // The insertion, and every look for what became of it.
      link.loseAnswersTo(`${requestId}:2`, 100);
      const error = await linked.append(entry, projectionOf(entry)).then(
        () => undefined,
        (caught: unknown) => caught,
      );
      assert.ok(error instanceof Refusal);
      assert.equal(error.code, Code.Unavailable);
      assert.equal((await store.read(requestId, 1)).length, 1);
    });

    it("has the driver repeat a write, and the server know it again", async function () {
      mongodb.skipOnFerretdb(this, "it has no retryable writes, so nonces in a lost answer stay unused");
      link.loseAnswersTo("alice.near:7", 1);
      assert.deepEqual(await linked.reserveNonces("alice.near", 2, 7n), [7n, 8n]);
      assert.equal(link.lost, 1);
    });

    it("leaves nonces unused of which it does not know whether they are its own", async () => {
      const [first = 0n] = await linked.reserveNonces("alice.near", 1, 7n);
      link.loseAnswersTo(`alice.near:${first + 1n}`, 2);
      const error = await linked.reserveNonces("alice.near", 2, 0n).then(
        () => undefined,
        (caught: unknown) => caught,
      );
      const [next = 0n] = await linked.reserveNonces("alice.near", 1, 0n);
      assert.ok(error === undefined || (error instanceof Refusal && error.code === Code.Unavailable));
      assert.ok(next > first + 2n, "what may have been given out is not given out again");
    });
  });

  it("inserts together what arrives together, and each entry is for itself", async () => {
    await store.start();
    const requestIds = Array.from({ length: 30 }, () => ports.ids.uuid());
    const first = requestIds.map((requestId) => entryOf(requestId, 1));
    const opened = await Promise.all(
      first.map((entry) => store.open(entry, claimOf(entry.requestId), projectionOf(entry))),
    );
    assert.deepEqual(new Set(opened.map(({ kind }) => kind)), new Set(["opened"]));
    const second = requestIds.map((requestId) => entryOf(requestId, 2));
    const [taken = assert.fail(), bad = assert.fail()] = second.slice(10);
    assert.equal(await store.append(taken, projectionOf(taken)), "appended");
    // One twice, one that is there already, and one that the database refuses.
    const entries = [...second, ...second.slice(0, 1)].map((entry) =>
      entry === bad ? { ...bad, hash: "no hash" } : entry,
    );
    const outcomes = await Promise.allSettled(entries.map((entry) => store.append(entry, projectionOf(entry))));
    const shown = outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : "refused"));
    assert.deepEqual(
      shown.slice(1, 30),
      second.slice(1).map((entry) => {
        if (entry === bad) return "refused";
        return entry === taken ? "conflict" : "appended";
      }),
    );
    assert.deepEqual([shown[0], shown[30]].sort(), ["appended", "conflict"]);
    for (const entry of second) {
      assert.deepEqual(await store.read(entry.requestId, 1), entry === bad ? [] : [entry]);
    }
  });

  it("does not list a workflow whose writer died between the last entry and taking it off the list", async () => {
    await store.start();
    const [ended, open] = await openTwo();
    const last = entryOf(ended, 2);
    await store.append(last, projectionOf(last, "failed"));
    await stored("entries").updateOne({ _id: `${ended}:1` }, { $set: { open: true } });
    const listed = await store.listOpen({ after: "", limit: 1, sinceMs: 0 });
    assert.deepEqual(listed, [projectionOf(entryOf(open, 1))]);
    assert.equal(await stored("entries").countDocuments({ open: true }), 1);
  });

  it("tells where a workflow stands by its last entry, whatever else its writer had still to do", async () => {
    await store.start();
    const [requestId] = await openTwo();
    const template = await stored("entries").findOne({ _id: `${requestId}:1` });
    assert.ok(template);
    const { open: _, idempotency_key: __, ...rest } = template;
    await stored("entries").insertOne({ ...rest, _id: `${requestId}:2`, version: 2, status: "queued" });
    assert.deepEqual(
      (await store.listOpen({ after: "", limit: 1, sinceMs: 0 }))[0],
      projectionOf(entryOf(requestId, 2), "queued"),
    );
  });

  it("lists what was written without a mark, by an older program or before some marks got lost, as unpublished", async () => {
    await store.start();
    const [requestId, other] = await openTwo();
    for (const version of [2, 3])
      await store.append(entryOf(requestId, version), projectionOf(entryOf(requestId, version)));
    await store.markPublished(new Map([requestId, other].map((each) => [each, 3])));
    const soon = entryOf(requestId, 3).atMs + 1;
    assert.deepEqual(await store.listUnpublished(soon, "", 10), []);
    await stored("entries").updateOne({ _id: `${requestId}:2` }, { $unset: { published: "" } });
    assert.deepEqual(await store.listUnpublished(soon, "", 10), [requestId]);
  });

  it("does not start on an index that is not what it has to be, and names it", async () => {
    await stored("entries").createIndex({ wallet_id: 1, idempotency_key: 1 }, { name: "claim" });
    await assert.rejects(store.start(), /^Error: index claim of entries is not what it has to be$/);
  });

  it("does not start where an index cannot be made unique", async () => {
    await store.start();
    const [first, second] = await openTwo();
    await stored("entries").dropIndex("claim");
    await stored("entries").updateOne({ _id: `${second}:1` }, { $set: { idempotency_key: first } });
    await assert.rejects(store.start(), /^Error: index claim of entries is missing$/);
  });

  it("makes an index anew that was lost", async () => {
    await store.start();
    await stored("entries").dropIndex("claim");
    await store.start();
    const indexes = await stored("entries").listIndexes().toArray();
    assert.equal(indexes.find(({ name }) => name === "claim")?.unique, true);
  });

  it("has the database refuse documents that are not what they have to be", async () => {
    await store.start();
    const [requestId] = await openTwo();
    const good = await stored("entries").findOne({ _id: `${requestId}:1` });
    assert.ok(good);
    const { open: _, idempotency_key: __, hash: ___, ...unhashed } = good;
    const next = { ...unhashed, _id: `${requestId}:2`, version: 2 };
    await assert.rejects(stored("entries").insertOne(next));
    await assert.rejects(stored("entries").insertOne({ ...next, hash: "no hash" }));
    await assert.rejects(stored("entries").insertOne({ ...next, hash: good.hash, version: 0 }));
    await stored("entries").insertOne({ ...next, hash: good.hash });
    await assert.rejects(stored("nonces").insertOne({ _id: "a:1", sender_id: "a", nonce: "1" }));
    await assert.rejects(stored("gate_entries").insertOne({ _id: "g:1", gate_id: "g" }));
  });

  it("lets no stored text into its errors", async () => {
    await store.start();
    const entry = { ...entryOf(ports.ids.uuid(), 1, "SIGNED PAYLOAD"), hash: "no hash" };
    const call = store.open(entry, claimOf("k"), projectionOf(entry));
    const error = await call.then(
      () => undefined,
      (caught: unknown) => caught,
    );
    assert.ok(error instanceof Error);
    assert.doesNotMatch(inspect(error, { depth: 9 }), /SIGNED PAYLOAD/);
  });

  it("takes for what a holder says nothing that it said before an evidence of the version before renewed its lease", async () => {
    await store.start();
    const lease = { resource: "gate:a.near", holderId: "a", epoch: 1, expiresAtMs: 5 };
    const standing = { stuck: "balance_low", waitingWorkflows: 7 };
    assert.equal(await store.replaceLease(undefined, { ...lease, standing }), true);
    assert.deepEqual((await store.readLease(lease.resource))?.standing, standing);
    const renewed = { $set: { expires_at: new Date(9), write_id: "of another" } };
    await stored("leases").updateOne({ _id: lease.resource as never }, renewed);
    assert.deepEqual(await store.readLease(lease.resource), { ...lease, expiresAtMs: 9 });
  });

  it("is migrated once, however many processes start at once", async () => {
    const runs = await Promise.all(Array.from({ length: 4 }, () => migrateMongodb(place.database, ports)));
    assert.ok(runs.some((applied) => applied.length > 0));
    assert.deepEqual(await migrateMongodb(place.database, ports), []);
    assert.equal(await place.client.db().collection("migrations").countDocuments(), migrations.length);
  });

  it("goes on working for this version when a later one has migrated", async () => {
    await store.start();
    const later = { _id: 999 as never, name: "of a later version", applied_at: new Date(0) };
    await place.client.db().collection("migrations").insertOne(later);
    await store.start();
    const [requestId] = await openTwo();
    const again = await store.open(
      entryOf(ports.ids.uuid(), 1),
      claimOf(requestId),
      projectionOf(entryOf(requestId, 1)),
    );
    assert.deepEqual(again, { kind: "exists", requestId, fingerprint });
  });

  it("takes the one lease of all users' calls from its holder when it is migrated, and only then (rule: lease-is-for-its-partition)", async () => {
    await store.start();
    const at = (expiresAtMs: number, holderId = "of before", epoch = 7): Lease => {
      return { resource: "direct_user", holderId, epoch, expiresAtMs, takenAtMs: 5 };
    };
    const held = at(Date.now() + 60_000);
    assert.equal(await store.replaceLease(undefined, held), true);
    const beforeIt = () =>
      place.client
        .db()
        .collection("migrations")
        .deleteOne({ _id: 11 as never });
    await beforeIt();
    await Promise.all(Array.from({ length: 4 }, () => migrateMongodb(place.database, ports)));
    const retired = await store.readLease("direct_user");
    assert.deepEqual([retired?.holderId, retired?.epoch, retired?.takenAtMs], ["retired", 8, undefined]);
    // What an evidence process of before would do for its holder, and for another broadcaster of before.
    assert.equal(await store.replaceLease(held, at(Date.now() + 120_000)), false);
    assert.equal(isHeld(retired, 7), false);
    assert.equal(takenBy("another", "direct_user", retired, Date.now() + 3_000_000, 60_000), undefined);
    // Its remaining time is 32 bits on the wire.
    assert.ok(Number(retired?.expiresAtMs) - Date.now() < 2 ** 32);
    await beforeIt();
    await migrateMongodb(place.database, ports);
    assert.deepEqual(await store.readLease("direct_user"), retired);
  });

  it("is migrated ahead by a command, which changes nothing the second time", async () => {
    const main = fileURLToPath(new URL("../src/migrate.ts", import.meta.url));
    const run = async () => {
      const env = { PATH: process.env.PATH, DATABASE_URL: place.database.url };
      const { stdout } = await promisify(execFile)(process.execPath, ["--disable-warning=ExperimentalWarning", main], {
        env,
      });
      return JSON.parse(stdout);
    };
    const all = migrations.map(({ version, name }) => `${version} ${name}`);
    assert.deepEqual((await run()).applied, all);
    assert.deepEqual((await run()).applied, []);
  });
});
