import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { LogLine } from "@outlayer/distributed";
import { needMongodb, needNats } from "@outlayer/test-servers";
import { gateCalls, gateTrace } from "./support/chain-dump.ts";
import { drivesGate, isOfGate } from "./support/driving.ts";
import { ServiceProcesses } from "./support/service-processes.ts";
import { three } from "./support/steps.ts";

/** Several broadcasters, each a process of its own, on one evidence. */
async function prepare(count: number, environment: Readonly<Record<string, string>>): Promise<ServiceProcesses> {
  const processes = await ServiceProcesses.prepare({
    counts: { broadcaster: count },
    environment: { LEASE_SECS: "1", ...environment },
    // So that pauses of some hundred milliseconds come at different points of a chain; they outlast no signature.
    devnet: { blockTimeMs: 100 },
  });
  await processes.startAll();
  return processes;
}

/** Which of them drives the gate, once one has taken its lease after that epoch. */
async function drives(processes: ServiceProcesses, among: readonly number[], epoch = 0) {
  const taken = (line: LogLine) => drivesGate(line) && Number(line.epoch) > epoch;
  await Promise.race(among.map((index) => processes.running("broadcaster", index).line(taken)));
  const latest = among.map((index) => ({ index, epoch: Math.max(0, ...epochsOf(processes, index).map(Number)) }));
  return latest.reduce((last, one) => (one.epoch > last.epoch ? one : last));
}

function epochsOf(processes: ServiceProcesses, index: number): readonly unknown[] {
  return processes.running("broadcaster", index).lines.flatMap((line) => (drivesGate(line) ? [line.epoch] : []));
}

describe("several broadcasters", () => {
  let database: { readonly url: string; drop(): Promise<void> };
  let environment: Readonly<Record<string, string>>;
  before(async function () {
    const natsUrl = await needNats(this);
    const mongodb = await needMongodb(this);
    database = mongodb.database();
    environment = { NATS_URL: natsUrl, DATABASE_URL: database.url };
  });
  after(async () => {
    await database?.drop();
  });

  it("hand over to one another when each in turn is stopped or killed in the middle of a workflow", async () => {
    await using processes = await prepare(3, environment);
    let submitted = 0;
    for (const signal of ["SIGTERM", "SIGKILL", "SIGTERM", "SIGKILL"] as const) {
      const requestId = await processes.rest.begin(three, `ended by ${signal} ${submitted}`);
      await processes.rest.until(requestId, ({ status }) => status === "submitting" || status === "submitted");
      const driving = await drives(processes, [0, 1, 2]);
      const code = await processes.running("broadcaster", driving.index).end(signal);
      assert.equal(code, signal === "SIGTERM" ? 0 : null);
      const others = [0, 1, 2].filter((index) => index !== driving.index);
      await drives(processes, others, driving.epoch);
      const record = await processes.rest.ended(requestId);
      assert.equal(record.status, "succeeded", record.message);
      submitted += 3;
      // It stands by, until the gate is handed over to it.
      const back = processes.start("broadcaster", driving.index);
      await back.line((line) => line.msg === "another broadcaster drives: standing by" && isOfGate(line));
    }
    assert.equal(gateCalls(processes.devnet, "submit_intent").length, submitted);
    assert.equal(gateCalls(processes.devnet, "resume_batch_chained").length, submitted / 3);
    await processes.endAll("SIGKILL");
  }).timeout(120_000);

  it("resume nothing twice when they stand still past their leases and go on", async () => {
    await using processes = await prepare(2, environment);
    await drives(processes, [0, 1]);
    const pids = [0, 1].map((index) => processes.running("broadcaster", index).pid);
    const requestIds: string[] = [];
    const isOpen = async () => {
      const records = await Promise.all(requestIds.map((requestId) => processes.rest.record(requestId)));
      return records.some(({ retry_after_ms }) => retry_after_ms !== null);
    };
    for (let round = 0; round < 8; round += 1) {
      for (let count = 0; count < 2; count += 1) {
        requestIds.push(await processes.rest.begin(three, `paused ${round} ${count}`));
      }
      // Wherever it is by then; the other one takes over while it stands still.
      await sleep(50 + 130 * (round % 5));
      const pid = pids[round % 2] ?? 0;
      process.kill(pid, "SIGSTOP");
      await sleep(1300 + 150 * (round % 3));
      process.kill(pid, "SIGCONT");
    }
    while (await isOpen()) await sleep(200);
    const records = await Promise.all(requestIds.map((requestId) => processes.rest.record(requestId)));
    assert.deepEqual(
      records.map(({ status, user_visible_error }) => [status, user_visible_error]),
      requestIds.map(() => ["succeeded", null]),
    );
    const dispatched = gateTrace(processes.devnet).filter(({ ev }) => ev === "intent_dispatched");
    assert.equal(dispatched.length, 3 * requestIds.length);
    assert.equal(new Set(dispatched.map(({ id }) => id)).size, dispatched.length, "each intent once");
    const started = gateTrace(processes.devnet).filter(({ ev }) => ev === "batch_started");
    assert.equal(started.length, requestIds.length, "each chain once");
    // A second one would be refused by the gate, and leave no trace there.
    assert.equal(gateCalls(processes.devnet, "resume_batch_chained").length, requestIds.length, "each resumed once");
    assert.equal(gateCalls(processes.devnet, "submit_intent").length, 3 * requestIds.length, "each submitted once");
    const epochs = pids.map((_, index) => epochsOf(processes, index));
    assert.ok(epochs.flat().length > 2, `the lease changed hands: ${JSON.stringify(epochs)}`);
    await processes.endAll("SIGKILL");
  }).timeout(180_000);
});
