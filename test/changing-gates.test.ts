import assert from "node:assert/strict";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type GateSettings, gateVariables } from "./support/gate-variables.ts";
import { samplesOf, scrape } from "./support/scraped.ts";
import { registerStep, setRegister } from "./support/steps.ts";
import { type System, startSystem } from "./support/system.ts";
import { waitUntil } from "./support/wait-until.ts";

/** Files are polled every ten seconds. */
const patienceMs = 45_000;

describe("gates in a file (rule: gates-change-while-it-runs)", () => {
  let system: System;
  let directory: string;

  const path = () => join(directory, "gates.json");

  /** As a mounted secret is replaced: at once. */
  function write(text: string): void {
    writeFileSync(`${path()}.new`, text);
    renameSync(`${path()}.new`, path());
  }

  function gatesJson(devnet: System["devnet"], settings: Readonly<Record<number, GateSettings>>): string {
    const indices = Object.keys(settings).map(Number);
    const chosen = indices.flatMap((index) => devnet.gates[index] ?? []);
    const bySettings = Object.fromEntries(indices.map((index, at) => [at, settings[index] ?? {}]));
    return gateVariables(chosen, directory, bySettings).GATES_JSON ?? "";
  }

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "gates-file-"));
    system = await startSystem({
      devnet: { genesis: { gates: 2 } },
      environmentOf(devnet) {
        const { GATES_JSON, ...others } = gateVariables(devnet.gates, directory);
        write(gatesJson(devnet, { 0: {} }));
        return { ...others, GATES_JSON_FILE: path() };
      },
    });
  });
  after(async () => {
    await system?.stop();
    rmSync(directory, { recursive: true });
  });

  const gateIds = () => system.devnet.gates.map(({ gateId }) => gateId);

  const driven = async () =>
    samplesOf(await scrape(system.product.http.broadcaster), "lease_held").flatMap(({ labels, value }) =>
      value === 1 ? (/gate:([^"]*)/.exec(labels)?.[1] ?? []) : [],
    );

  const areOk = async (service: "planner" | "broadcaster") =>
    samplesOf(await scrape(system.product.http[service]), "config_files_ok").find(({ labels }) =>
      labels.includes(`service_name="${service}"`),
    )?.value === 1;

  const batch = (gate_id: string | undefined, key: string) =>
    system
      .rest()
      .post("/sequential-batch", { gate_id, idempotency_key: key, calls: [setRegister(1)] }, { prefer: "wait=15" });

  it("are served once they stand there, without a restart", async () => {
    const [first = "", second = ""] = gateIds();
    await waitUntil(async () => (await driven()).join() === first, "the first gate is driven");
    const { body: refused } = await batch(second, "too early");
    assert.deepEqual([refused.status, refused.gate_id], ["rejected", null]);
    write(gatesJson(system.devnet, { 0: {}, 1: {} }));
    await waitUntil(async () => (await driven()).join() === `${first},${second}`, "both are driven", patienceMs);
    const isTaken = async () => (await batch(second, "in time")).body.status !== "rejected";
    await waitUntil(isTaken, "the planner knows both", patienceMs);
    const { body } = await batch(second, "in time");
    assert.deepEqual([body.status, body.gate_id], ["succeeded", second], body.user_visible_error);
  }).timeout(120_000);

  it("stay as they were while the file cannot be used, and that is shown", async () => {
    write('[{"gate_id": "gate.');
    for (const service of ["planner", "broadcaster"] as const) {
      await waitUntil(async () => !(await areOk(service)), `${service} has seen the file`, patienceMs);
    }
    const { body } = await batch(gateIds()[1], "while it is broken");
    assert.equal(body.status, "succeeded", body.user_visible_error);
    assert.deepEqual(await driven(), gateIds());
  }).timeout(120_000);

  it("are drained, finish what they have, and go", async () => {
    const [first = "", second = ""] = gateIds();
    const planned = async (walletId: string) =>
      (await system.rest(walletId).post("/workflows/plan", { steps: [registerStep(1)] })).body.gate_id;
    // Both gates have wallets among so many.
    const ids = Array.from({ length: 16 }, (_, index) => `wallet-of-gates-${index}`);
    const moved = (await Promise.all(ids.map(planned))).indexOf(first);
    const walletId = ids[moved] ?? assert.fail("no wallet has the first gate");
    system.devnet.controls.keystore.setReadiness("not_ready");
    const waiting = await system.rest(walletId).begin([registerStep(1)]);
    write(gatesJson(system.devnet, { 0: { drain: true }, 1: {} }));
    const isMoved = async () => {
      // Plans are counted, and one that has no answer from the keystore takes its time.
      await sleep(500);
      return (await planned(walletId)) === second;
    };
    await waitUntil(isMoved, "nothing new is given to it", patienceMs);
    system.devnet.controls.keystore.setReadiness("ready");
    assert.equal((await batch(first, "drained")).status, 503);
    const left = await system.rest(walletId).ended(waiting);
    assert.deepEqual([left.status, left.gate_id], ["succeeded", first], left.user_visible_error);
    write(gatesJson(system.devnet, { 1: {} }));
    await waitUntil(async () => (await driven()).join() === second, "the second alone is driven", patienceMs);
    const { body } = await system.rest(walletId).execute([registerStep(2)]);
    assert.deepEqual([body.status, body.gate_id], ["succeeded", second], body.user_visible_error);
  }).timeout(180_000);
});
