import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Mongodb, needMongodb, needNats } from "@outlayer/test-servers";
import { MongoClient } from "mongodb";
import { childrenOf, isRunning } from "./support/children.ts";
import { MovingClock } from "./support/moving-clock.ts";
import { ServiceProcesses } from "./support/service-processes.ts";
import { startSystem } from "./support/system.ts";

describe("services as processes of their own", () => {
  it("call the replica of their own index, counted around", async () => {
    await using processes = await ServiceProcesses.prepare({ counts: { gateway: 3, planner: 2 } });
    await processes.start("planner").ready();
    const [first, second, third] = [0, 1, 2].map((index) => processes.start("gateway", index));
    await first?.line(({ msg }) => msg === "planner answers");
    await second?.line(({ msg }) => msg === "planner is away: waiting for it");
    await third?.line(({ msg }) => msg === "planner answers");
    await processes.start("planner", 1).ready();
    await second?.line(({ msg }) => msg === "planner answers");
    const codes = { planner: 0, "planner-1": 0, gateway: 0, "gateway-1": 0, "gateway-2": 0 };
    assert.deepEqual(await processes.endAll(), codes);
  }).timeout(60_000);

  it("end with the process that started them, when that one is killed", async () => {
    const runner = fileURLToPath(new URL("../distributed/src/index.ts", import.meta.url));
    const script = `
      const { prepareReplicas } = await import(${JSON.stringify(runner)});
      const environment = { KEYSTORE_URL: "http://127.0.0.1:1", KEYSTORE_AUTH_TOKEN: "t", GRANT_SECRET: "0123456789".repeat(4), USAGE_SECRET: "9876543210".repeat(4) };
      const replica = (await prepareReplicas({ environment })).start("signer-proxy");
      await replica.ready();
      process.stdout.write(String(replica.pid) + "\\n");
      setInterval(() => {}, 1000);
    `;
    const args = ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", script];
    const starter = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    let pid = 0;
    for await (const line of createInterface(starter.stdout)) {
      pid = Number(line);
      break;
    }
    assert.ok(isRunning(pid));
    starter.kill("SIGKILL");
    while (isRunning(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
  }).timeout(30_000);

  it("take no clock and no wrapped service", async () => {
    for (const options of [{ clock: new MovingClock("2026-06-16T10:20:00Z") }, { wrap: {} }]) {
      await assert.rejects(startSystem({ shape: "distributed", ...options }), /wrap and clock reach into/);
    }
  });
});

describe("./dev demo --distributed", () => {
  let mongodb: Mongodb;
  let natsUrl: string;
  before(async function () {
    natsUrl = await needNats(this);
    mongodb = await needMongodb(this);
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`ends all that it started on ${signal}, and drops its database`, async () => {
      const { url } = mongodb.database();
      await using client = new MongoClient(url);
      const databases = async () =>
        (await client.db("admin").admin().listDatabases({ nameOnly: true })).databases.map(({ name }) => name);
      const before = await databases();
      const demo = spawn(
        process.execPath,
        [
          "--disable-warning=ExperimentalWarning",
          fileURLToPath(new URL("../embedded/src/demo.ts", import.meta.url)),
          "--distributed",
        ],
        {
          env: { PATH: process.env.PATH, MONGODB_TEST_URL: url, NATS_TEST_URL: natsUrl },
          stdio: ["ignore", "pipe", "pipe"],
        },
      );
      let problems = "";
      demo.stderr.on("data", (chunk) => (problems += chunk));
      const ended = once(demo, "close");
      for await (const line of createInterface(demo.stdout)) if (line.includes("Executing it")) break;
      const started = childrenOf(demo.pid ?? 0);
      assert.equal(started.length, 6, "a devnet and five services");
      demo.kill(signal);
      assert.deepEqual(await ended, [1, null]);
      assert.equal(problems, `\nThe demo failed: it was ended by ${signal}\n`);
      assert.deepEqual(started.filter(isRunning), []);
      const left = (await databases()).filter((name) => name.startsWith("test-") && !before.includes(name));
      assert.deepEqual(left, []);
    }).timeout(60_000);
  }
});
