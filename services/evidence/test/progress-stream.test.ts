import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { jetstreamManager } from "@nats-io/jetstream";
import { remoteTransport } from "@outlayer/kit";
import { natsCluster, needMongodb } from "@outlayer/test-servers";
import { logClient, usageSecret } from "./support/harness.ts";
import { appendAll, ended, follow, type NatsEvidence, open, taken, waiting } from "./support/nats-evidence.ts";
import { complete, five, OnOwnNats, rest, streamIsThere } from "./support/own-nats.ts";
import { type MongodbPlace, mongodbPlace } from "./support/places.ts";

describe("progress in NATS", () => {
  const suite = new OnOwnNats();
  const { evidence, follower, started, children, path } = suite;

  /** How many workflows are not known to be in the stream. */
  const unpublished = () => {
    const database = new DatabaseSync(path());
    const found = database.prepare("SELECT COUNT(*) AS n FROM projections WHERE published_version < version").get();
    database.close();
    return Number(found?.n);
  };

  const allNoted = async () => {
    while (unpublished() > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  };

  it("has every version once, in order, for whoever joins late", async () => {
    const one = await evidence();
    await one.logged(/connected/);
    const requestId = await open(one);
    await appendAll([one], requestId, 1, rest);
    const late = await follower();
    assert.deepEqual(await late.versions(requestId), five);
    await allNoted();
    assert.equal(await late.count(), 5);
  });

  it("has every version once, in order, when two processes append and publish the same workflows", async () => {
    const [one, other] = [await evidence(), await evidence()];
    await Promise.all([one.logged(/connected/), other.logged(/connected/)]);
    const requestIds = await Promise.all(Array.from({ length: 20 }, () => open(one)));
    await Promise.all(requestIds.map((requestId) => appendAll([other, one], requestId, 1, rest)));
    const late = await follower();
    for (const requestId of requestIds) assert.deepEqual(await late.versions(requestId), five);
    await allNoted();
    // As after a crash between what was acknowledged and the note of it, in both.
    const database = new DatabaseSync(path());
    database.exec("UPDATE projections SET published_version = 0");
    database.close();
    await allNoted();
    assert.equal(await late.count(), 100);
  }).timeout(40_000);

  it("closes the gap that a process leaves which dies between appending and publishing", async () => {
    await suite.server.kill();
    const child = spawnEvidence();
    const url = await readyUrl(child);
    const logs = logClient((from) => remoteTransport(url, { from, to: "evidence", serviceToken: undefined }));
    const requestId = await open({ logs });
    await appendAll([{ logs }], requestId, 1, rest);
    const died = once(child, "exit");
    child.kill("SIGKILL");
    await died;
    await suite.server.start();
    const late = await follower();
    await evidence();
    await late.connection.flush();
    await streamIsThere(late);
    assert.deepEqual(await late.versions(requestId), five);
    await allNoted();
  }).timeout(40_000);

  it("has everything after NATS was away in the middle", async () => {
    const one = await evidence();
    await one.logged(/connected/);
    const requestId = await open(one);
    await appendAll([one], requestId, 1, [taken]);
    await suite.server.kill();
    await appendAll([one], requestId, 2, [waiting, waiting]);
    await suite.server.start();
    await one.logged(/back/);
    await appendAll([one], requestId, 4, [ended]);
    const late = await follower();
    assert.deepEqual(await late.versions(requestId), five);
    await allNoted();
    assert.equal(await late.count(), 5);
  }).timeout(40_000);

  it("is brought up to date by three processes at once that were cut off, with nothing to complain of", async () => {
    await suite.server.kill();
    const all = [await evidence(), await evidence(), await evidence()];
    const many = [taken, ...Array(12).fill(waiting), ended];
    const requestIds = await Promise.all(Array.from({ length: 15 }, () => open(all[0] as NatsEvidence)));
    await Promise.all(requestIds.map((requestId) => appendAll(all, requestId, 1, many)));
    await suite.server.start();
    await Promise.all(all.map((one) => one.logged(/back/)));
    const late = await follower();
    await streamIsThere(late);
    const versions = Array.from({ length: 15 }, (_, index) => index + 1);
    for (const requestId of requestIds) assert.deepEqual(await late.versions(requestId), versions);
    await allNoted();
    assert.equal(await late.count(), 225);
    assert.deepEqual(
      all.flatMap(({ lines }) => lines.filter(({ msg }) => /published/.test(msg))),
      [],
    );
  }).timeout(40_000);

  // Were NATS waited for, each of 200 events would take the five seconds of a publication: more than the test has.
  it("keeps no append waiting while NATS answers nothing, and has everything later", async () => {
    const one = await evidence();
    await one.logged(/connected/);
    const written = async () => {
      const ids = [];
      for (let index = 0; index < 40; index += 1) {
        const requestId = await open(one);
        await appendAll([one], requestId, 1, rest);
        ids.push(requestId);
      }
      return ids;
    };
    const answered = await written();
    suite.server.stall();
    const stalled = await written();
    suite.server.resume();
    const late = await follower();
    for (const requestId of [...answered, ...stalled]) {
      assert.deepEqual(await late.versions(requestId), five);
    }
    await allNoted();
    assert.equal(await late.count(), 400);
  }).timeout(60_000);

  it("publishes what was appended last before it stops", async () => {
    const one = await evidence();
    const late = await follower();
    await streamIsThere(late);
    // The stream is there a moment before the process that made it knows.
    await late.versions(await complete(one));
    const requestId = await open(one);
    await appendAll([one], requestId, 1, rest);
    started.splice(started.indexOf(one), 1);
    await one.stop();
    assert.deepEqual(await late.versions(requestId), five);
    assert.equal(unpublished(), 0);
  });

  it("does not keep a service from stopping that NATS has never answered, or answers no more", async () => {
    const ready = await evidence();
    await ready.logged(/connected/);
    await (await follower()).versions(await complete(ready));
    suite.server.stall();
    await complete(ready);
    const asking = await evidence();
    await complete(asking);
    const before = performance.now();
    await Promise.all(started.splice(0).map((each) => each.stop()));
    assert.ok(performance.now() - before < 12_000, `stopped after ${performance.now() - before} ms`);
  }).timeout(30_000);

  it("has every version once, in order, on three servers of which one dies", async () => {
    const nodes = await natsCluster(suite.newNats, 3);
    started.push(...nodes.map((node) => ({ stop: () => node.remove() })));
    const shared = { url: nodes.map(({ url }) => url).join(), replicas: 3 };
    const all = [await evidence(shared), await evidence(shared)];
    const requestIds: string[] = [];
    const appendMany = async () => {
      for (const requestId of await Promise.all(Array.from({ length: 10 }, () => open(all[0] as NatsEvidence)))) {
        requestIds.push(requestId);
        await appendAll(all, requestId, 1, rest);
      }
    };
    await appendMany();
    await allNoted();
    await nodes[0]?.kill();
    await appendMany();
    await allNoted();
    const late = await follow(nodes[1]?.url ?? "");
    started.unshift({ stop: () => late.close() });
    await streamIsThere(late);
    for (const requestId of requestIds) assert.deepEqual(await late.versions(requestId), five);
    assert.equal(await late.count(), 100);
    const { config } = await (await jetstreamManager(late.connection)).streams.info("WALLET_PROGRESS");
    assert.equal(config.num_replicas, 3);
  }).timeout(90_000);

  describe("of workflows on MongoDB", () => {
    let place: MongodbPlace;
    before(async function () {
      place = mongodbPlace(await needMongodb(this));
    });
    after(() => place?.drop());

    it("has what was appended without NATS, by a process that is gone, and is then known to have it", async () => {
      const { database } = place;
      await suite.server.kill();
      const gone = await evidence({ database });
      const requestIds = await Promise.all(Array.from({ length: 5 }, () => complete(gone)));
      started.splice(started.indexOf(gone), 1);
      await gone.stop();
      await suite.server.start();
      const [one, other] = [await evidence({ database }), await evidence({ database })];
      await Promise.all([one.logged(/connected/), other.logged(/connected/)]);
      requestIds.push(await complete(other));
      const late = await follower();
      await streamIsThere(late);
      for (const requestId of requestIds) assert.deepEqual(await late.versions(requestId), five);
      const entries = place.client.db().collection("entries");
      while ((await entries.countDocuments({ published: true })) < 30)
        await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(await late.count(), 30);
    }).timeout(40_000);
  });

  function spawnEvidence(): ChildProcess {
    const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main], {
      env: {
        PATH: process.env.PATH ?? "",
        DATABASE_URL: `sqlite:${path()}`,
        NATS_URL: suite.server.url,
        INTERNAL_WALLET_AUTH_TOKEN: "internal-token-of-the-tests-0123456789",
        USAGE_SECRET: usageSecret,
        GRPC_BIND_ADDR: "127.0.0.1:0",
        HTTP_BIND_ADDR: "127.0.0.1:0",
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(child);
    return child;
  }

  function readyUrl(child: ChildProcess): Promise<string> {
    return new Promise((resolve, reject) => {
      child.once("exit", (code) => reject(new Error(`ended with ${code}`)));
      if (child.stdout === null) return;
      createInterface(child.stdout).on("line", (line) => {
        const { msg, grpc } = JSON.parse(line);
        if (msg === "ready") resolve(grpc);
      });
    });
  }
});
