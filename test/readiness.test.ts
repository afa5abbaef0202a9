import assert from "node:assert/strict";
import type { ServiceName } from "@outlayer/kit";
import { samplesOf, scrape } from "./support/scraped.ts";
import { ServiceProcesses } from "./support/service-processes.ts";
import { dust } from "./support/steps.ts";
import { startTcpProxy, type TcpProxy } from "./support/tcp-proxy.ts";
import { waitUntil } from "./support/wait-until.ts";

/** More than the 10 s that `dependency-watch.test.ts` holds, on a clock that a test moves. */
const patienceMs = 40_000;

/** Who can do nothing without evidence. */
const needEvidence = ["gateway", "planner", "broadcaster"] as const;

const live = async (processes: ServiceProcesses, name: ServiceName) =>
  assert.equal((await fetch(`${processes.httpUrl(name)}/livez`)).status, 200, name);

/** Whether the metrics say the same as `/readyz`: ready, or the dependency of this reason not ok. */
async function isMeasured(processes: ServiceProcesses, name: ServiceName, reason?: string): Promise<boolean> {
  const text = await scrape(processes.httpUrl(name));
  const has = (metric: string, labels: string, value: number) =>
    samplesOf(text, metric).some((one) => one.labels === `service_name="${name}"${labels}` && one.value === value);
  if (reason === undefined) return has("service_ready", "", 1);
  const [dependency] = reason.split(" ");
  return has("service_ready", "", 0) && has("service_dependency_ok", `,dependency="${dependency}"`, 0);
}

/** Resolves once each is ready, or is not for this reason alone. Their processes live all the while. */
async function say(processes: ServiceProcesses, names: readonly ServiceName[], reason?: string): Promise<void> {
  const holds = (name: ServiceName) => async () => {
    await live(processes, name);
    const answer = await fetch(`${processes.httpUrl(name)}/readyz`);
    const { reasons } = (await answer.json()) as { reasons?: readonly string[] };
    assert.equal(answer.status, reasons === undefined ? 200 : 503);
    return reasons?.join() === reason && (await isMeasured(processes, name, reason));
  };
  await Promise.all(names.map((name) => waitUntil(holds(name), `${name}: ${reason ?? "ready"}`, patienceMs)));
}

const missed = (processes: ServiceProcesses, names: readonly ServiceName[], dependency: string) =>
  say(processes, names, `${dependency} is away`);

const ready = (processes: ServiceProcesses, ...names: readonly ServiceName[]) => say(processes, names);

async function works(processes: ServiceProcesses): Promise<void> {
  const { body } = await processes.rest.execute([dust]);
  assert.equal(body.status, "succeeded", body.message);
}

describe("services that cannot reach what they need for everything say so, and come back by themselves", () => {
  it("when evidence is away, and then stands still", async () => {
    await using processes = await ServiceProcesses.prepare();
    await processes.startAll();
    await ready(processes, ...needEvidence, "signer-proxy");
    assert.equal(await processes.running("evidence").end("SIGKILL"), null);
    await missed(processes, needEvidence, "evidence");
    assert.equal((await fetch(`${processes.restUrl}/readyz`)).status, 503);
    await ready(processes, "signer-proxy");
    const evidence = processes.start("evidence");
    await evidence.ready();
    await ready(processes, ...needEvidence, "evidence");
    await works(processes);
    process.kill(evidence.pid, "SIGSTOP");
    try {
      await missed(processes, needEvidence, "evidence");
      await ready(processes, "signer-proxy");
    } finally {
      process.kill(evidence.pid, "SIGCONT");
    }
    await ready(processes, ...needEvidence, "evidence");
    await works(processes);
    await processes.endAll("SIGKILL");
  }).timeout(180_000);

  it("when what is at evidence's address takes connections and never answers, from the start and later", async () => {
    let proxy: TcpProxy | undefined;
    await using processes = await ServiceProcesses.prepare({
      further: (name): Record<string, string> => (name === "gateway" && proxy ? { EVIDENCE_URL: proxy.url } : {}),
    });
    proxy = await startTcpProxy(processes.grpcUrl("evidence"));
    try {
      proxy.stall();
      await processes.start("evidence").ready();
      await processes.start("gateway").ready();
      await missed(processes, ["gateway"], "evidence");
      proxy.goOn();
      await ready(processes, "gateway");
      proxy.stall();
      await missed(processes, ["gateway"], "evidence");
      proxy.goOn();
      await ready(processes, "gateway");
      await processes.endAll("SIGKILL");
    } finally {
      await proxy.cut();
    }
  }).timeout(180_000);

  it("when no node of the chain answers: the broadcaster, and nobody else", async () => {
    await using processes = await ServiceProcesses.prepare();
    const { rpc, faults } = processes.devnet.controls;
    await processes.startAll();
    await ready(processes, "broadcaster");
    rpc.setAway(true);
    await missed(processes, ["broadcaster"], "near_rpc");
    await ready(processes, "gateway", "planner", "signer-proxy", "evidence");
    rpc.setAway(false);
    await ready(processes, "broadcaster");
    const hangs = { kind: "delay", ms: 600_000 } as const;
    const { id } = faults.add({ target: "rpc", method: "*", count: null, fault: hangs });
    await missed(processes, ["broadcaster"], "near_rpc");
    faults.remove(id);
    await ready(processes, "broadcaster");
    await works(processes);
    await processes.endAll("SIGKILL");
  }).timeout(180_000);

  it("when the keystore is away, not ready, or hangs: signer-proxy, and nobody else", async () => {
    await using processes = await ServiceProcesses.prepare();
    const { keystore, faults } = processes.devnet.controls;
    await processes.startAll();
    await ready(processes, "signer-proxy");
    keystore.setAway(true);
    await missed(processes, ["signer-proxy"], "keystore");
    await ready(processes, "gateway", "planner", "broadcaster", "evidence");
    keystore.setAway(false);
    await ready(processes, "signer-proxy");
    keystore.setReadiness("not_ready");
    await missed(processes, ["signer-proxy"], "keystore");
    keystore.setReadiness("ready");
    await ready(processes, "signer-proxy");
    const hangs = { kind: "delay", ms: 600_000 } as const;
    const { id } = faults.add({ target: "keystore", method: "*", count: null, fault: hangs });
    await missed(processes, ["signer-proxy"], "keystore");
    faults.remove(id);
    await ready(processes, "signer-proxy");
    await works(processes);
    await processes.endAll("SIGKILL");
  }).timeout(180_000);
});
