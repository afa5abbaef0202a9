import assert from "node:assert/strict";
import { calls, count, execute, install, useElsewhere } from "./support/direct-user.ts";
import { eventsOf } from "./support/history.ts";
import { MovingClock, pastDeadlinesMs, someMorning } from "./support/moving-clock.ts";
import { dispatches, sends } from "./support/on-chain.ts";
import { registerStep, three, transfer } from "./support/steps.ts";
import { type System, type SystemOptions, withSystem } from "./support/system.ts";

const dayMs = 86_400_000;

/** Hundreds of blocks pass before what is forgotten counts as such, or are searched one by one. */
const patienceMs = 45_000;
const wrap = "nep141:wrap.near";

/** Runs on a chain whose time is the test's. */
function withTime(options: SystemOptions, run: (system: System, clock: MovingClock) => Promise<void>): Promise<void> {
  const clock = new MovingClock(someMorning);
  return withSystem({ ...options, clock }, (system) => run(system, clock));
}

/**
 * Begins a workflow, stops the product once everything is sent, and lets the chain run all of it unseen.
 * @param perform sends of the workflow
 * @returns its id
 */
async function runUnseen(system: System, steps: readonly object[], perform: number): Promise<string> {
  const { blocks } = system.devnet.controls;
  blocks.stop();
  const requestId = await system.rest().begin(steps);
  await sends(system, perform - 1);
  blocks.mine({ blocks: 2 });
  await system.rest().until(requestId, ({ status }) => status === "resuming");
  await sends(system, perform);
  await system.stopProduct();
  blocks.mine({ blocks: 30 });
  return requestId;
}

/** Everything up to now grows so old that nodes which keep 200 blocks have collected it; the product runs again. */
async function growOld(system: System, clock: MovingClock, ms: number): Promise<void> {
  const { blocks, rpc } = system.devnet.controls;
  clock.advance(ms);
  rpc.keepBlocks(200);
  blocks.mine({ blocks: 300 });
  await system.restart();
  blocks.go();
}

const outcomes = (record: { readonly step_outcomes: readonly { readonly outcome: string }[] }) =>
  record.step_outcomes.map(({ outcome }) => outcome);

describe("what nodes have forgotten (rule: forgotten-is-never-unknown)", function () {
  this.timeout(120_000);

  it("ends a chain of which nobody remembers anything, and tells by the nonces what it executed", () =>
    withTime({}, async (system, clock) => {
      const requestId = await runUnseen(system, three, 4);
      await growOld(system, clock, pastDeadlinesMs);
      const record = await system.rest().ended(requestId, patienceMs);
      assert.deepEqual([record.status, record.error_code], ["failed", "outcome_unknown"]);
      assert.deepEqual(outcomes(record), ["succeeded_elsewhere", "succeeded_elsewhere", "succeeded_elsewhere"]);
      assert.match(record.user_visible_error, /steps 1, 2, 3 of 3 took effect all the same: do not repeat it$/);
      assert.deepEqual(
        [...record.fees.forgotten_tx_hashes].sort(),
        [...record.submit_tx_hashes, ...record.resume_tx_hashes].sort(),
      );
      assert.equal(dispatches(system), 3);
      const next = await system.rest().ended(await system.rest().begin(three, "next"), patienceMs);
      assert.equal(next.status, "succeeded", next.user_visible_error);
    }));

  it("is unknowable of a plain call, and never not_executed", () =>
    withTime({}, async (system, clock) => {
      const requestId = await runUnseen(system, [registerStep(7)], 2);
      await growOld(system, clock, pastDeadlinesMs);
      const record = await system.rest().ended(requestId, patienceMs);
      assert.deepEqual([record.status, record.error_code], ["failed", "outcome_unknown"]);
      assert.deepEqual(outcomes(record), ["unknowable"]);
      assert.match(record.user_visible_error, /the call may have been executed, and nobody can tell any more$/);
      assert.ok((await eventsOf(system, requestId)).includes("transaction_forgotten"));
      assert.equal(dispatches(system), 1);
    }));

  it("is unknowable of payloads whose nonces the verifier has cleaned up since (rule: unused-nonce-counts-while-kept)", () =>
    withTime({}, async (system, clock) => {
      const { controls, wallets } = system.devnet;
      const wallet = wallets[0];
      assert.ok(wallet);
      const requestId = await runUnseen(system, [transfer("10")], 2);
      clock.advance(8 * dayMs);
      controls.blocks.mine();
      const [payload] = noncesOnChain(system);
      controls.verifier.cleanUpNonces(wallet.accountId, [payload ?? ""]);
      await growOld(system, clock, 0);
      const record = await system.rest().ended(requestId, patienceMs);
      assert.deepEqual([record.status, record.error_code], ["failed", "outcome_unknown"]);
      assert.deepEqual(outcomes(record), ["unknowable"]);
    }));

  it("is asked of the archive, where there is one, and then recorded as it was", () =>
    withTime({}, async (system, clock) => {
      const requestId = await runUnseen(system, three, 4);
      const { blocks, rpc } = system.devnet.controls;
      clock.advance(pastDeadlinesMs);
      rpc.keepBlocks(200);
      blocks.mine({ blocks: 300 });
      await system.restart({ NEAR_ARCHIVAL_RPC_URL: `${system.devnet.rpcUrl}/archive` });
      blocks.go();
      const record = await system.rest().ended(requestId, patienceMs);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.deepEqual(record.fees.forgotten_tx_hashes, []);
      assert.deepEqual(record.balance_deltas, { [`${wrap}:intents`]: "-3000000000000000000" });
    }));

  it("ends a user's call that may have been made", () =>
    withTime({}, async (system, clock) => {
      await install(system);
      const { blocks } = system.devnet.controls;
      blocks.stop();
      const { body } = await execute(system.rest(), {}, "lost", 0);
      await sends(system, 1);
      await system.stopProduct();
      blocks.mine({ blocks: 10 });
      await growOld(system, clock, 0);
      const record = await system.rest().ended(body.request_id, patienceMs);
      assert.deepEqual([record.status, record.error_code], ["failed", "outcome_unknown"]);
      assert.equal(
        record.user_visible_error,
        "no NEAR node remembers what became of the call: it may have been executed",
      );
      const { tx_hash, count_after, ambiguous } = record.direct_user_evidence;
      assert.deepEqual(record.fees.forgotten_tx_hashes, [tx_hash]);
      assert.deepEqual([count_after, ambiguous], [null, true]);
      assert.equal(await count(system.devnet), 1);
    }));

  it("makes a user's call anew where the archive's chunks do not hold it, and another holder has used its key", () =>
    withTime({ devnet: { blockTimeMs: 200 } }, async (system, clock) => {
      const publicKey = await install(system);
      const { blocks, faults, rpc } = system.devnet.controls;
      blocks.stop();
      faults.add({ target: "rpc", method: "send_tx", count: null, fault: { kind: "reset" } });
      const { body } = await execute(system.rest(), {}, "never", 0);
      await sends(system, 1);
      await system.stopProduct();
      faults.clear();
      useElsewhere(system.devnet, publicKey, 5n);
      clock.advance(pastDeadlinesMs);
      rpc.keepBlocks(200);
      blocks.mine({ blocks: 300 });
      await system.restart({ NEAR_ARCHIVAL_RPC_URL: `${system.devnet.rpcUrl}/archive` });
      blocks.go();
      const record = await system.rest().ended(body.request_id, patienceMs);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.equal(calls(system).length, 1);
    }));

  it("makes a user's call anew where the key's nonce says that it never landed", () =>
    withTime({ devnet: { validityPeriod: 100n } }, async (system, clock) => {
      await install(system);
      const { blocks, faults } = system.devnet.controls;
      blocks.stop();
      faults.add({ target: "rpc", method: "send_tx", count: null, fault: { kind: "reset" } });
      const { body } = await execute(system.rest(), {}, "never", 0);
      await sends(system, 1);
      await system.stopProduct();
      faults.clear();
      await growOld(system, clock, 0);
      const record = await system.rest().ended(body.request_id, patienceMs);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.ok((await eventsOf(system, body.request_id)).includes("transaction_dead"));
      assert.equal(calls(system).length, 1);
    }));
});

/** Nonces of the payloads that the verifier was called with, base64. */
function noncesOnChain({ devnet }: System): string[] {
  const texts = JSON.stringify(devnet.controls.dump().transactions, (_, value) =>
    typeof value === "bigint" ? String(value) : value,
  );
  const args = [...texts.matchAll(/"signed_delegate|"args":"([A-Za-z0-9+/=]+)"/g)].flatMap(([, base64]) =>
    base64 === undefined ? [] : [Buffer.from(base64, "base64").toString()],
  );
  return args.flatMap((text) =>
    [...text.matchAll(/"nonce":"([A-Za-z0-9+/=]{44})"/g)].flatMap(([, nonce]) => nonce ?? []),
  );
}
