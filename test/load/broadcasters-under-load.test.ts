import assert from "node:assert/strict";
import { checkRun, type Posted } from "../checker/check.ts";
import { runOfSystem } from "../checker/run-of-system.ts";
import { gateCalls } from "../support/chain-dump.ts";
import { drivesGate } from "../support/driving.ts";
import { begun, endedOrStuck, Patience } from "../support/patient-client.ts";
import type { Answer } from "../support/rest-client.ts";
import { transfer } from "../support/steps.ts";
import { processesOfSuite } from "./processes.ts";

const workflows = 300;
const wallets = Array.from({ length: 10 }, (_, index) => `wallet-of-load-${index}`);

/** Of ten workflows one is a chain of three calls, one of two: these follow one another on the gate. */
const callsOf = (index: number) => ({ 0: 3, 1: 2 })[Math.floor(index / wallets.length) % 10] ?? 1;

/** No two transfers of all are the same, so that each shows on the chain. */
const stepsOf = (index: number) =>
  Array.from({ length: callsOf(index) }, (_, step) => transfer(String(1_000_000n + BigInt(10 * index + step))));

const calls = Array.from({ length: workflows }, (_, index) => callsOf(index)).reduce((sum, count) => sum + count, 0);

/** The end of a test that neither succeeds nor stands still, milliseconds. */
const limitMs = 1_200_000;

describe("three broadcasters and 300 workflows", () => {
  const environment = { NEAR_POLL_INTERVAL_MS: "50", LEASE_SECS: "5" };
  const processes = processesOfSuite({ counts: { broadcaster: 3 }, environment }, { blockTimeMs: 200, wallets });

  const epochOf = (index: number): number =>
    Math.max(
      0,
      ...processes()
        .running("broadcaster", index)
        .lines.map((line) => (drivesGate(line) ? Number(line.epoch) : 0)),
    );

  /** Which of them drives: the one that took the lease last. */
  const driving = (among: readonly number[]): number =>
    among.reduce((last, index) => (epochOf(index) > epochOf(last) ? index : last));

  /** Until one of them has taken the lease after that epoch. */
  const takenAfter = (epoch: number, among: readonly number[]): Promise<unknown> =>
    Promise.race(
      among.map((index) =>
        processes()
          .running("broadcaster", index)
          .line((line) => drivesGate(line) && Number(line.epoch) > epoch),
      ),
    );

  it("carry each out once, also when one that drives is killed and the next one drained", async () => {
    const patience = new Patience();
    const marks = [60, 150].map((count) => ({ count, ...Promise.withResolvers<void>() }));
    const posted: Posted[] = [];
    let ended = 0;
    const run = async (index: number): Promise<Answer["body"]> => {
      const walletId = wallets[index % wallets.length] ?? "";
      const key = `key ${index}`;
      const rest = processes().restOf(0, walletId);
      const requestId = await begun(rest, stepsOf(index), key, patience);
      posted.push({ walletId, key, requestId });
      const record = await endedOrStuck(rest, requestId, patience);
      ended += 1;
      for (const { count, resolve } of marks) if (ended >= count) resolve();
      return record;
    };
    const running = Promise.all(Array.from({ length: workflows }, (_, index) => run(index)));
    // Whatever ends badly ends the test at once.
    const reached = (mark: number) => Promise.race([marks[mark]?.promise, running]);

    let left = [0, 1, 2];
    for (const [mark, signal] of (["SIGKILL", "SIGTERM"] as const).entries()) {
      await reached(mark);
      assert.ok(ended < workflows, "something is left to do");
      const index = driving(left);
      const epoch = epochOf(index);
      const code = await processes().running("broadcaster", index).end(signal);
      assert.equal(code, signal === "SIGTERM" ? 0 : null);
      left = left.filter((other) => other !== index);
      await takenAfter(epoch, left);
    }

    const records = await running;
    const others = records.filter(({ status }) => status !== "succeeded");
    assert.deepEqual(
      others.map(({ request_id, status, user_visible_error }) => [request_id, status, user_visible_error]),
      [],
    );
    assert.equal(gateCalls(processes().devnet, "submit_intent").length, calls);
    const system = {
      devnet: processes().devnet,
      rest: (walletId = "") => processes().restOf(0, walletId),
      product: processes().replicas.addresses(),
    };
    assert.deepEqual(checkRun(await runOfSystem(system, posted)), []);
  }).timeout(limitMs);
});
