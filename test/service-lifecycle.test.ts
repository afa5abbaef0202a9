import assert from "node:assert/strict";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { SignerProxyService } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import type { LogLine } from "@outlayer/distributed";
import { type ServiceName, serviceNames, type TlsFiles } from "@outlayer/kit";
import { type Authority, issue, newAuthority, writeTls } from "../packages/kit/test/support/certificates.ts";
import { gateCalls } from "./support/chain-dump.ts";
import { ServiceProcesses } from "./support/service-processes.ts";
import { dust, three } from "./support/steps.ts";

const readyz = async (url: string) => (await fetch(`${url}/readyz`)).json() as Promise<{ dependencies: object }>;
const allEnded = Object.fromEntries(serviceNames.map((name) => [name, 0]));

function shuffled<T>(items: readonly T[]): readonly T[] {
  return items
    .map((item) => [Math.random(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);
}

describe("five processes", () => {
  for (const order of [[...serviceNames], shuffled(serviceNames), shuffled(serviceNames)]) {
    it(`start in any order, each waiting for those it needs: ${order.join(", ")}`, async () => {
      await using processes = await ServiceProcesses.prepare();
      for (const name of order) await processes.start(name).ready();
      // Who started before somebody it needs said so, and says when that one answers.
      const needs: Partial<Record<ServiceName, readonly ServiceName[]>> = {
        gateway: ["planner", "evidence"],
        planner: ["signer-proxy", "broadcaster", "evidence"],
        broadcaster: ["evidence", "signer-proxy"],
      };
      for (const [name, needed] of Object.entries(needs) as [ServiceName, readonly ServiceName[]][]) {
        const service = processes.running(name);
        for (const dependency of needed) {
          await service.line((line) => line.msg === `${dependency} answers`);
          const isLate = order.indexOf(dependency) > order.indexOf(name);
          const waited = service.lines.some(({ msg }) => msg === `${dependency} is away: waiting for it`);
          assert.equal(waited, isLate, `${name} and ${dependency}`);
        }
        const state = (await readyz(processes.httpUrl(name))).dependencies;
        for (const dependency of needed) assert.equal(state[dependency as keyof typeof state], "ok");
      }
      const { body } = await processes.rest.execute([dust]);
      assert.equal(body.status, "succeeded", body.message);
      assert.deepEqual(await processes.endAll(), allEnded);
    }).timeout(60_000);
  }

  it("say which of those behind them are away, and are not ready without the one that they need for everything", async () => {
    await using processes = await ServiceProcesses.prepare();
    const gateway = processes.start("gateway");
    await gateway.line(({ msg }) => msg === "planner is away: waiting for it");
    await gateway.line(({ msg }) => msg === "evidence is away: waiting for it");
    const dependencies = { planner: "away", evidence: "away" };
    const expected = { status: "not_ready", reasons: ["evidence is away"], dependencies };
    assert.deepEqual(await readyz(processes.httpUrl("gateway")), expected);
    const overRest = await fetch(`${processes.restUrl}/readyz`);
    assert.equal(overRest.status, 503);
    assert.equal(((await overRest.json()) as { message: string }).message, "not ready: evidence is away");
    for (const url of [processes.restUrl, processes.httpUrl("gateway")]) {
      assert.equal((await fetch(`${url}/livez`)).status, 200);
    }
    assert.equal((await processes.rest.post("/workflows/plan", { steps: three })).status, 503);
    assert.equal(gateway.lines.filter(({ msg }) => msg === "planner is away: waiting for it").length, 1);
    assert.deepEqual(await processes.endAll(), { gateway: 0 });
  }).timeout(30_000);

  it("lose nothing and do nothing twice when each is stopped and started in the middle of a workflow", async () => {
    await using processes = await ServiceProcesses.prepare();
    await processes.startAll();
    let stoppedAfter = 0;
    for (const name of ["broadcaster", "signer-proxy", "evidence", "planner", "broadcaster"] as const) {
      const requestId = await processes.rest.begin(three, `stopped ${++stoppedAfter}`);
      await processes.rest.until(requestId, ({ status }) => status !== "planned" && status !== "policy_checking");
      assert.equal(await processes.running(name).end(), 0, name);
      await processes.start(name).ready();
      const record = await processes.rest.ended(requestId);
      assert.equal(record.status, "succeeded", `${name}: ${record.message}`);
    }
    assert.equal(gateCalls(processes.devnet, "submit_intent").length, 3 * stoppedAfter);
    assert.equal(gateCalls(processes.devnet, "resume_batch_chained").length, stoppedAfter);
    assert.deepEqual(await processes.endAll(), allEnded);
  }).timeout(120_000);

  it("stop in time while the chain's node and the keystore hang, and go on from there", async () => {
    await using processes = await ServiceProcesses.prepare();
    await processes.startAll();
    const requestId = await processes.rest.begin(three);
    await processes.rest.until(requestId, ({ status }) => status !== "planned");
    const { faults } = processes.devnet.controls;
    // Longer than a process may take to stop: none waits for it.
    const hang = { kind: "delay", ms: 60_000 } as const;
    const added = (["rpc", "keystore"] as const).map((target) =>
      faults.add({ target, method: "*", count: null, fault: hang }),
    );
    assert.equal(await processes.running("broadcaster").end(), 0);
    assert.equal(await processes.running("signer-proxy").end(), 0);
    for (const { id } of added) faults.remove(id);
    await Promise.all([processes.start("broadcaster").ready(), processes.start("signer-proxy").ready()]);
    const record = await processes.rest.ended(requestId);
    assert.equal(record.status, "succeeded", record.message);
    assert.equal(gateCalls(processes.devnet, "submit_intent").length, 3);
    await processes.endAll("SIGKILL");
  }).timeout(90_000);

  it("answer those who wait when they are stopped", async () => {
    await using processes = await ServiceProcesses.prepare({ environment: { LOG_LEVEL: "debug" } });
    await processes.startAll();
    // So that no workflow gets anywhere, and waits are long.
    processes.devnet.controls.keystore.setReadiness("not_ready");
    const held = (count: number) => {
      const isRead = ({ msg, method }: LogLine) =>
        msg === "called" && method === "outlayer.evidence.v1.RecordService/GetRecord";
      return processes
        .running("evidence")
        .line(() => processes.running("evidence").lines.filter(isRead).length >= count);
    };
    const post = (key: string) =>
      processes.rest.post("/workflows/execute", { steps: three, idempotency_key: key }, { prefer: "wait=30" });
    const posted = post("evidence stops");
    await held(1);
    assert.equal(await processes.running("evidence").end(), 0);
    assert.equal((await posted).status, 202);
    await processes.start("evidence").ready();

    const again = post("gateway stops");
    await held(1);
    const { request_id } = (await posted).body;
    const polled = processes.rest.get(`/workflows/${request_id}?wait=25`);
    await held(2);
    assert.equal(await processes.running("gateway").end(), 0);
    assert.equal((await again).status, 202);
    assert.equal((await polled).status, 200);

    processes.devnet.controls.keystore.setReadiness("ready");
    await processes.start("gateway").ready();
    for (const { body } of [await posted, await again]) {
      assert.equal((await processes.rest.ended(body.request_id)).status, "succeeded");
    }
    assert.deepEqual(await processes.endAll(), allEnded);
  }).timeout(60_000);
});

describe("five processes with mutual TLS", () => {
  let authority: Authority;
  const written = new Map<ServiceName, ReturnType<typeof writeTls>>();
  let strangers: TlsFiles;
  before(async () => {
    authority = await newAuthority();
    for (const name of serviceNames) written.set(name, writeTls(await issue(authority, [name])));
    strangers = await issue(authority, ["planner"]);
  });
  after(() => {
    for (const { remove } of written.values()) remove();
  });

  it("carry a workflow out without a token, and sign for nobody but the broadcaster", async () => {
    await using processes = await ServiceProcesses.prepare({
      scheme: "https",
      further(name) {
        const { cert = "", key = "", ca = "" } = written.get(name)?.paths ?? {};
        return { TLS_CERT_FILE: cert, TLS_KEY_FILE: key, TLS_CA_FILE: ca };
      },
    });
    await processes.startAll();
    const { body } = await processes.rest.execute(three);
    assert.equal(body.status, "succeeded", body.message);
    const transport = createGrpcTransport({
      baseUrl: processes.grpcUrl("signer-proxy"),
      nodeOptions: { ...strangers, servername: "signer-proxy" },
    });
    const signing = createClient(SignerProxyService, transport).signStep({ walletId: "wallet-1" });
    await assert.rejects(signing, { rawMessage: "this caller may not call this" });
    const refused = await processes.running("signer-proxy").line(({ msg }) => msg === "caller is not allowed");
    assert.deepEqual(
      [refused.method, refused.caller],
      ["outlayer.signer_proxy.v1.SignerProxyService/SignStep", "planner"],
    );
    assert.deepEqual(await processes.endAll(), allEnded);
  }).timeout(60_000);
});
