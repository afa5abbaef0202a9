import assert from "node:assert/strict";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { spawnService } from "@outlayer/distributed";
import { remoteTransport } from "@outlayer/kit";
import { type NewMongodb, needOwnMongodb, type OwnMongodb } from "@outlayer/test-servers";
import { MongoClient } from "mongodb";
import { leaseOf } from "../services/evidence/test/support/harness.ts";
import { internalToken, usageSecret } from "./support/product-environment.ts";
import { ServiceProcesses } from "./support/service-processes.ts";
import { dust } from "./support/steps.ts";
import { startTcpProxy } from "./support/tcp-proxy.ts";
import { waitUntil } from "./support/wait-until.ts";

const away = "database is away: waiting for it";

async function readyz(url: string) {
  const response = await fetch(`${url}/readyz`);
  return [response.status, await response.json()];
}

describe("evidence and a MongoDB that is away", () => {
  let newMongodb: NewMongodb;
  let mongodb: OwnMongodb;
  before(async function () {
    newMongodb = await needOwnMongodb(this);
  });
  beforeEach(async () => {
    mongodb = await newMongodb({ started: false });
  });
  afterEach(() => mongodb.remove());

  const prepare = () => ServiceProcesses.prepare({ environment: { DATABASE_URL: mongodb.url } });
  /** Calls evidence once, as the broadcaster does. */
  const list = (url: string) => {
    const caller = { from: "broadcaster", to: "evidence", serviceToken: undefined } as const;
    return createClient(LogService, remoteTransport(url, caller)).listOpenWorkflows({});
  };
  const failure = async (call: Promise<unknown>) => {
    const before = performance.now();
    const error = await call.then(
      () => assert.fail("it was answered"),
      (caught: unknown) => ConnectError.from(caught),
    );
    return { error, ms: performance.now() - before };
  };

  it("waits for it at start, refuses calls until the schema is there, and says so", async () => {
    await using processes = await prepare();
    const evidence = processes.start("evidence");
    await evidence.line(({ msg }) => msg === away);
    const url = processes.httpUrl("evidence");
    assert.equal((await fetch(`${url}/livez`)).status, 200);
    const waiting = {
      status: "not_ready",
      reasons: ["starting", "database is away"],
      dependencies: { database: "away" },
    };
    assert.deepEqual(await readyz(url), [503, waiting]);
    const { error } = await failure(list(processes.grpcUrl("evidence")));
    assert.equal(error.code, Code.Unavailable);
    assert.equal(error.rawMessage, "evidence does not take calls yet: starting, database is away");
    await mongodb.start();
    await evidence.ready();
    assert.deepEqual(await readyz(url), [200, { status: "ready", dependencies: { database: "ok" } }]);
    assert.deepEqual((await list(processes.grpcUrl("evidence"))).workflows, []);
    const said = evidence.lines.map(({ msg }) => msg).filter((msg) => msg !== "ready");
    assert.deepEqual(said, [away, "database answers"]);
    assert.deepEqual(await processes.endAll(), { evidence: 0 });
  }).timeout(60_000);

  it("is waited for by five processes, whatever it is that comes first", async () => {
    await using processes = await prepare();
    const starting = processes.startAll();
    await processes.running("evidence").line(({ msg }) => msg === away);
    const early = await processes.rest.post("/workflows/execute", { steps: [dust] }).catch(() => undefined);
    if (early !== undefined) assert.equal(early.status, 503);
    await mongodb.start();
    await starting;
    const { body } = await processes.rest.execute([dust]);
    assert.equal(body.status, "succeeded", body.message);
    await processes.endAll("SIGKILL");
  }).timeout(60_000);

  it("stops at once when it is told to while it waits", async () => {
    await using processes = await prepare();
    const evidence = processes.start("evidence");
    await evidence.line(({ msg }) => msg === away);
    const before = performance.now();
    assert.equal(await evidence.end(), 0);
    assert.ok(performance.now() - before < 10_000);
    assert.equal(evidence.lines.at(-1)?.msg, "stopped");
    await processes.endAll();
  }).timeout(30_000);

  it("says that it is not ready when it stands still, and comes back by itself", async () => {
    await mongodb.start();
    const through = new URL(mongodb.url);
    const proxy = await startTcpProxy(`http://${through.host}`);
    through.host = new URL(proxy.url).host;
    // Else the driver would ask the server where it is, and go there.
    through.searchParams.set("directConnection", "true");
    try {
      await using processes = await ServiceProcesses.prepare({ environment: { DATABASE_URL: through.href } });
      await processes.start("evidence").ready();
      const url = processes.httpUrl("evidence");
      const says = (status: number) =>
        waitUntil(async () => (await readyz(url))[0] === status, `evidence says ${status}`, 40_000);
      await says(200);
      proxy.stall();
      await says(503);
      const stalled = { status: "not_ready", reasons: ["database is away"], dependencies: { database: "away" } };
      assert.deepEqual(await readyz(url), [503, stalled]);
      assert.equal((await fetch(`${url}/livez`)).status, 200);
      proxy.goOn();
      await says(200);
      assert.deepEqual((await list(processes.grpcUrl("evidence"))).workflows, []);
      await processes.endAll("SIGKILL");
    } finally {
      await proxy.cut();
    }
  }).timeout(120_000);

  it("says that it does not know within its callers' deadline while it is away, and goes on by itself", async () => {
    await mongodb.start();
    await using processes = await prepare();
    await processes.start("evidence").ready();
    const url = processes.grpcUrl("evidence");
    const caller = { from: "broadcaster", to: "evidence", serviceToken: undefined } as const;
    const log = createClient(LogService, remoteTransport(url, caller));
    const lease = await leaseOf(log);
    await log.appendGateLog({ gateId: "gate.near", expectedVersion: 0n, change: "chain", lane: {}, lease });
    await mongodb.kill();
    const write = await failure(
      log.appendGateLog({ gateId: "gate.near", expectedVersion: 1n, change: "chain", lane: {}, lease }),
    );
    const errors = processes.running("evidence").lines.filter(({ level }) => level === "error");
    assert.equal(write.error.code, Code.Unavailable, `${write.error}, ${JSON.stringify(errors)}`);
    assert.equal(write.error.rawMessage, "the database gave no answer");
    assert.ok(write.ms < 5_000, `${write.ms} ms`);
    const [status, { dependencies }] = (await readyz(processes.httpUrl("evidence"))) as [number, never];
    assert.deepEqual([status, dependencies], [503, { database: "away" }]);
    await mongodb.start();
    await processes.running("evidence").line(({ msg }) => {
      const said = processes.running("evidence").lines.map((line) => line.msg);
      return msg === "database answers" && said.lastIndexOf("database answers") > said.indexOf(away);
    });
    assert.deepEqual((await readyz(processes.httpUrl("evidence")))[0], 200);
    const { version } = await log.getGateLog({ gateId: "gate.near" });
    await log.appendGateLog({ gateId: "gate.near", expectedVersion: version, change: "chain", lane: {}, lease });
    await processes.endAll("SIGKILL");
  }).timeout(60_000);

  describe("ends with an error that holds no secret when it is there and", () => {
    const end = async (url: string) => {
      const child = spawnService("evidence", {
        DATABASE_URL: url,
        INTERNAL_WALLET_AUTH_TOKEN: internalToken,
        USAGE_SECRET: usageSecret,
        GRPC_BIND_ADDR: "127.0.0.1:0",
        HTTP_BIND_ADDR: "127.0.0.1:0",
      });
      let said = "";
      for (const output of [child.stdout, child.stderr]) output?.on("data", (chunk) => (said += String(chunk)));
      const code = await new Promise((resolve) => child.once("close", resolve));
      return { code, said };
    };
    beforeEach(() => mongodb.start());

    it("takes no such credentials", async () => {
      const url = new URL(mongodb.url);
      url.username = "alice";
      url.password = "hunter2-of-alice";
      const { code, said } = await end(url.href);
      assert.equal(code, 1);
      assert.match(said, /the database refused: /);
      assert.doesNotMatch(said, /hunter2/);
    }).timeout(30_000);

    it("has an index that is not what it has to be", async () => {
      await using client = new MongoClient(mongodb.url);
      await client.db().collection("entries").createIndex({ wallet_id: 1, idempotency_key: 1 }, { name: "claim" });
      const { code, said } = await end(mongodb.url);
      assert.equal(code, 1);
      assert.match(said, /index claim of entries is not what it has to be/);
    }).timeout(30_000);
  });
});
