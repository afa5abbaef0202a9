import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { create } from "@bufbuild/protobuf";
import { jetstreamManager, StorageType } from "@nats-io/jetstream";
import { ProgressEventSchema } from "@outlayer/contracts/outlayer/progress/v1/progress";
import {
  createLogger,
  NatsClient,
  natsServers,
  openMessaging,
  remoteTransport,
  systemPorts,
  workSubject,
} from "@outlayer/kit";
import { type NewNats, natsCluster, needMongodb, needOwnNats, type OwnNats } from "@outlayer/test-servers";
import { ProgressStream } from "../src/adapters/nats/progress-stream.ts";
import { walletHeaders as headers, logClient, usageSecret } from "./support/harness.ts";
import {
  appendAll,
  ended,
  type Follower,
  follow,
  type NatsEvidence,
  type NatsEvidenceOptions,
  open,
  startNatsEvidence,
  taken,
  waiting,
} from "./support/nats-evidence.ts";
import { type MongodbPlace, mongodbPlace } from "./support/places.ts";

const { ids } = systemPorts();
const five = [1, 2, 3, 4, 5];
const rest = [taken, waiting, waiting, ended];

describe("progress in NATS", () => {
  let directory: string;
  let newNats: NewNats;
  let server: OwnNats;
  const started: { stop(): Promise<void> }[] = [];
  const children: ChildProcess[] = [];

  before(async function () {
    newNats = await needOwnNats(this);
  });
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "progress-"));
    server = await newNats();
  });
  afterEach(async () => {
    server.resume();
    for (const child of children.splice(0)) child.kill("SIGKILL");
    for (const each of started.splice(0)) await each.stop();
    await server.remove();
    rmSync(directory, { recursive: true });
  });

  const path = () => join(directory, "evidence.sqlite");
  const evidence = async (options: Partial<NatsEvidenceOptions> = {}): Promise<NatsEvidence> => {
    const made = await startNatsEvidence({ database: { kind: "sqlite", path: path() }, url: server.url, ...options });
    started.push(made);
    return made;
  };
  const follower = async (): Promise<Follower> => {
    const made = await follow(server.url);
    started.push({ stop: () => made.close() });
    return made;
  };
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
    await server.kill();
    const child = spawnEvidence();
    const url = await readyUrl(child);
    const logs = logClient((from) => remoteTransport(url, { from, to: "evidence", serviceToken: undefined }));
    const requestId = await open({ logs });
    await appendAll([{ logs }], requestId, 1, rest);
    const died = once(child, "exit");
    child.kill("SIGKILL");
    await died;
    await server.start();
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
    await server.kill();
    await appendAll([one], requestId, 2, [waiting, waiting]);
    await server.start();
    await one.logged(/back/);
    await appendAll([one], requestId, 4, [ended]);
    const late = await follower();
    assert.deepEqual(await late.versions(requestId), five);
    await allNoted();
    assert.equal(await late.count(), 5);
  }).timeout(40_000);

  it("is brought up to date by three processes at once that were cut off, with nothing to complain of", async () => {
    await server.kill();
    const all = [await evidence(), await evidence(), await evidence()];
    const many = [taken, ...Array(12).fill(waiting), ended];
    const requestIds = await Promise.all(Array.from({ length: 15 }, () => open(all[0] as NatsEvidence)));
    await Promise.all(requestIds.map((requestId) => appendAll(all, requestId, 1, many)));
    await server.start();
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
    server.stall();
    const stalled = await written();
    server.resume();
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
    server.stall();
    await complete(ready);
    const asking = await evidence();
    await complete(asking);
    const before = performance.now();
    await Promise.all(started.splice(0).map((each) => each.stop()));
    assert.ok(performance.now() - before < 12_000, `stopped after ${performance.now() - before} ms`);
  }).timeout(30_000);

  it("has every version once, in order, on three servers of which one dies", async () => {
    const nodes = await natsCluster(newNats, 3);
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
      await server.kill();
      const gone = await evidence({ database });
      const requestIds = await Promise.all(Array.from({ length: 5 }, () => complete(gone)));
      started.splice(started.indexOf(gone), 1);
      await gone.stop();
      await server.start();
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

  describe("readers", () => {
    /** Timers of which none fires: only news can wake who waits. */
    const never = { after: () => () => {} };

    it("of another process are woken by NATS", async () => {
      const [writer, reader] = [await evidence(), await evidence({ timers: never, silent: true })];
      await Promise.all([writer.logged(/connected/), reader.logged(/connected/)]);
      const requestId = await open(writer);
      const seen: number[] = [];
      const watched = (async () => {
        for await (const event of reader.records.watchProgress({ requestId, afterVersion: 1n }, { headers })) {
          seen.push(Number(event.version));
        }
      })();
      const held = reader.records.getRecord({ requestId, waitMs: 20_000, untilTerminal: true }, { headers });
      // Both have to be listening before the last word is said: nothing else would wake them.
      await listening(`wallet.news.${requestId}`);
      await appendAll([writer], requestId, 1, rest);
      await watched;
      assert.deepEqual(seen, [2, 3, 4, 5]);
      assert.equal((await held).status, "failed");
    });

    it("of another process get every event, later, when NATS is away", async () => {
      const [writer, reader] = [await evidence(), await evidence()];
      await Promise.all([writer.logged(/connected/), reader.logged(/connected/)]);
      await server.kill();
      await Promise.all([writer.logged(/away/), reader.logged(/away/)]);
      const requestId = await open(writer);
      const seen: number[] = [];
      const watched = (async () => {
        for await (const event of reader.records.watchProgress({ requestId, afterVersion: 2n }, { headers })) {
          seen.push(Number(event.version));
        }
      })();
      await appendAll([writer], requestId, 1, rest);
      await watched;
      assert.deepEqual(seen, [3, 4, 5]);
    });

    it("a broadcaster in another process is told of a workflow that was opened", async () => {
      const writer = await evidence();
      const logger = createLogger("broadcaster", "silent");
      const config = { ...natsServers(server.url), replicas: 1, maxAgeMs: 60_000 };
      const messaging = openMessaging(config, { name: "broadcaster", ports: systemPorts(), logger });
      started.push(messaging);
      const told = new Promise<string>((resolve) => {
        // What `listening` asks is empty.
        messaging.bus.subscribe(workSubject, (data) => data.length > 0 && resolve(new TextDecoder().decode(data)));
      });
      await listening(workSubject);
      await writer.logged(/connected/);
      const requestId = await open(writer);
      assert.equal(await told, requestId);
    });

    /** Resolves once the server knows of a subscription: it says at once where nobody listens to a request. */
    async function listening(subject: string): Promise<void> {
      const { connection } = await follower();
      for (;;) {
        try {
          await connection.request(subject, new Uint8Array(), { timeout: 100 });
        } catch (error) {
          // Somebody listens, and does not answer.
          if (error instanceof Error && error.name === "TimeoutError") return;
        }
      }
    }
  });

  describe("the stream", () => {
    const manager = async () => jetstreamManager((await follower()).connection);

    it("is made by several processes at once, on files, with the configured age and a duplicate window", async () => {
      const all = await Promise.all(Array.from({ length: 4 }, () => evidence()));
      const late = await follower();
      await streamIsThere(late);
      for (const one of all) assert.deepEqual(await late.versions(await complete(one)), five);
      const { config } = await (await manager()).streams.info("WALLET_PROGRESS");
      assert.deepEqual(
        [config.subjects, config.storage, config.retention, config.num_replicas, config.max_age],
        [["wallet.progress.>"], "file", "limits", 1, 3_600_000 * 1e6],
      );
      assert.equal(config.duplicate_window, 120_000 * 1e6);
      const complaints = all.flatMap(({ lines }) => lines.filter(({ level }) => !["debug", "info"].includes(level)));
      assert.deepEqual(complaints, []);
    });

    it("is brought to a new configuration, and keeps what an operator has set beside it", async () => {
      const first = await evidence({ maxAgeMs: 60_000 });
      const late = await follower();
      await streamIsThere(late);
      await late.versions(await complete(first));
      const { streams } = await manager();
      await streams.update("WALLET_PROGRESS", { max_bytes: 1_000_000, description: "an operator's" });
      const second = await evidence({ maxAgeMs: 7_200_000 });
      await late.versions(await complete(second));
      const { config } = await streams.info("WALLET_PROGRESS");
      assert.deepEqual(
        [config.max_age, config.duplicate_window, config.max_bytes, config.description],
        [7_200_000 * 1e6, 120_000 * 1e6, 1_000_000, "an operator's"],
      );
    });

    it("takes a version only right after the one before it, once, whoever publishes it", async () => {
      const [one, other] = [await streamOf(), await streamOf()];
      const requestId = ids.uuid();
      const version = (number: bigint) => create(ProgressEventSchema, { requestId, version: number });
      const none = await one.last(requestId);
      const first = await one.publish(version(1n), none);
      assert.ok(first);
      assert.equal(await other.publish(version(2n), none), undefined);
      assert.deepEqual(await other.last(requestId), first);
      const second = await other.publish(version(2n), first);
      assert.ok(second);
      assert.equal(await one.publish(version(3n), first), undefined);
      assert.equal(await one.publish(version(1n), none), undefined);
      const writers = Array.from({ length: 32 }, (_, index) => [one, other][index % 2]?.publish(version(3n), second));
      const winners = (await Promise.all(writers)).filter((position) => position !== undefined);
      assert.deepEqual(winners, [await one.last(requestId)]);
      assert.equal(winners[0]?.version, 3);
      assert.equal(await (await follower()).count(), 3);
    });

    async function streamOf(): Promise<ProgressStream> {
      const logger = createLogger("evidence", "silent");
      const config = { ...natsServers(server.url), replicas: 1, maxAgeMs: 60_000 };
      const nats = new NatsClient(config, { name: "evidence", ports: systemPorts(), logger });
      started.push(nats);
      const stream = new ProgressStream(nats);
      await new Promise<void>((resolve) => stream.onConnect(resolve));
      await stream.makeReady();
      return stream;
    }

    it("is made again when somebody deleted it under way", async () => {
      const one = await evidence();
      const late = await follower();
      await streamIsThere(late);
      await late.versions(await complete(one));
      await (await manager()).streams.delete("WALLET_PROGRESS");
      const requestId = await complete(one);
      const line = await one.logged(/not published/);
      assert.deepEqual([line.request_id, line.wallet_id], [requestId, "wallet-1"]);
      await one.logged(/published again/);
      assert.deepEqual(await late.versions(requestId), five);
    }).timeout(40_000);

    it("that differs in what cannot be changed is named once in the log, and the service goes on", async () => {
      const { streams } = await manager();
      const subjects = ["wallet.progress.>"];
      await streams.add({ name: "WALLET_PROGRESS", subjects, storage: StorageType.Memory });
      const one = await evidence();
      const { level, err } = await one.logged(/not published/);
      assert.equal(level, "error");
      assert.match(
        err?.message ?? "",
        /^stream WALLET_PROGRESS cannot be used: its storage is "memory" and not "file", which cannot be changed$/,
      );
      const requestId = await complete(one);
      assert.equal((await one.records.getRecord({ requestId }, { headers })).status, "failed");
      // As soon as an operator has removed it, everything that was missed is there.
      await streams.delete("WALLET_PROGRESS");
      await one.logged(/published again/);
      assert.deepEqual(await (await follower()).versions(requestId), five);
      assert.equal(one.lines.filter((line) => line.level === "error").length, 1);
    });
  });

  async function complete(one: NatsEvidence): Promise<string> {
    const requestId = await open(one);
    await appendAll([one], requestId, 1, rest);
    return requestId;
  }

  async function streamIsThere({ connection }: Follower): Promise<void> {
    const { streams } = await jetstreamManager(connection, { checkAPI: false });
    for (;;) {
      // Servers that elect a leader just now do not answer.
      const names = await streams
        .names()
        .next()
        .catch((): string[] => []);
      if (names.includes("WALLET_PROGRESS")) return;
    }
  }

  function spawnEvidence(): ChildProcess {
    const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main], {
      env: {
        PATH: process.env.PATH ?? "",
        DATABASE_URL: `sqlite:${path()}`,
        NATS_URL: server.url,
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
