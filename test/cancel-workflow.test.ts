import assert from "node:assert/strict";
import { balanceOf, carry, drained, half, type Json, oneDust, outcomesOf, usedText } from "./support/cancels.ts";
import { gateCalls, gateTrace, transactions, view } from "./support/chain-dump.ts";
import { eventsOf } from "./support/history.ts";
import { interruptedEvidence } from "./support/interrupted-evidence.ts";
import { MovingClock, pastDeadlinesMs, someMorning } from "./support/moving-clock.ts";
import { chainsRegister, dust, registerStep, setRegister, three } from "./support/steps.ts";
import { type System, withSystem } from "./support/system.ts";
import { waitUntil } from "./support/wait-until.ts";

/** What the record says is what the chain did, and nothing more can be done with anything that was submitted. */
async function assertTrue(system: System, record: Json, before: bigint): Promise<void> {
  const done = outcomesOf(record).filter((outcome) => outcome === "succeeded").length;
  assert.equal(before - balanceOf(system), BigInt(done) * oneDust, "the balance is what the outcomes say");
  const isSubmitted = gateCalls(system.devnet, "submit_intent").length > 0;
  if (!isSubmitted) assert.deepEqual(record.signed_nep413_payloads, []);
  for (const payload of record.signed_nep413_payloads) assert.equal(await carry(system, payload), usedText);
}

/** The events of a workflow's log before which it is asked to cancel it. */
const stages = [
  ["taken", "cancelled"],
  ["policyAllowed", "cancelled"],
  ["admitted", "cancelled"],
  ["signingPrepared", "cancelled"],
  ["signed", "cancelled"],
  ["submissionsPrepared", "cancelled"],
  ["submissionsAccepted", "cancelled"],
  ["resumePrepared", "cancelled"],
  ["measured", "succeeded"],
  ["ended", "succeeded"],
] as const;

/** What was signed and never sent is waited out, which takes as long as it is good for. */
const waitsItOut = ["signed", "submissionsPrepared"];

describe("DELETE of a workflow", () => {
  for (const [kind, expected] of stages) {
    it(`that comes right before ${kind} ends it as ${expected}, and the record is true`, () => {
      let cancel = async (_requestId: string) => {};
      const clock = new MovingClock(someMorning);
      return withSystem({ clock, wrap: interruptedEvidence(kind, (id) => cancel(id)) }, async (system) => {
        let asked: Json;
        cancel = async (requestId) => {
          asked = await system.rest().cancel(requestId, 0);
        };
        const before = balanceOf(system);
        const requestId = await system.rest().begin(three, "withdrawn");
        if (waitsItOut.includes(kind)) {
          await system.rest().until(requestId, ({ status }) => status === "settling");
          clock.advance(pastDeadlinesMs);
        }
        const record = await system.rest().ended(requestId);
        assert.deepEqual([asked.status, asked.body.cancel_requested], [202, true]);
        assert.equal(asked.headers.get("location"), `/wallet/v1/workflows/${requestId}`);
        assert.equal(record.status, expected, record.user_visible_error);
        assert.equal(record.cancel_requested, true);
        await assertTrue(system, record, before);
        if (expected === "cancelled") {
          assert.equal(record.error_code, "cancelled");
          assert.deepEqual(outcomesOf(record), Array(3).fill("not_executed"));
          assert.equal(gateTrace(system.devnet).filter(({ ev }) => ev === "intent_dispatched").length, 0);
        }
        // The same request finds it as it is, and asking again changes nothing.
        const again = await system.rest().execute(three, "withdrawn");
        assert.deepEqual(
          [again.status, again.body.request_id, again.body.version],
          [expected === "cancelled" ? 400 : 200, requestId, record.version],
        );
        assert.deepEqual((await system.rest().cancel(requestId)).body, record);
        // The gate is free for others.
        assert.equal((await system.rest("wallet-2").execute([dust])).body.status, "succeeded");
      });
    });
  }

  it("that waits is answered at once, twice the same, and is nobody else's to cancel", () =>
    withSystem({}, async (system) => {
      system.devnet.controls.keystore.setReadiness("not_ready");
      const requestId = await system.rest().begin(three, "waiting");
      await system.rest().until(requestId, ({ status }) => status === "queued");
      const foreign = await system.rest("wallet-2").cancel(requestId);
      assert.deepEqual([foreign.status, foreign.body.message], [404, `workflow request ${requestId} was not found`]);
      for (const unknown of ["0192f3c0-7c1e-7000-8000-0000000000ff", "x"]) {
        const { status, body } = await system.rest().cancel(unknown);
        assert.deepEqual([status, body.message], [404, `workflow request ${unknown} was not found`]);
      }
      assert.equal((await system.rest().record(requestId)).cancel_requested, false);
      const [first, second] = await Promise.all([system.rest().cancel(requestId), system.rest().cancel(requestId)]);
      assert.deepEqual([first.status, first.body.status, first.body.queue], [200, "cancelled", null]);
      assert.equal(first.body.user_visible_error, "it was cancelled at its caller's wish before anything was sent");
      assert.deepEqual(second.body, first.body);
      const events = await eventsOf(system, requestId);
      assert.equal(events.filter((event) => event === "cancel_requested").length, 1);
      assert.equal(transactions(system.devnet).length, 0);
    }));

  for (const kind of ["admitted", "signingPrepared", "submissionsAccepted"]) {
    it(`right before ${kind} releases what it had reserved of the wallet's limits`, () => {
      let cancel = async (_requestId: string) => {};
      return withSystem({ wrap: interruptedEvidence(kind, (id) => cancel(id)) }, async (system) => {
        cancel = async (requestId) => void (await system.rest().cancel(requestId, 0));
        const limits = { daily: { [dust.token]: String(3n * oneDust) } };
        system.devnet.controls.wallets.setPolicy("wallet-1", { rules: { limits } });
        const cancelled = await system.rest().ended(await system.rest().begin(three));
        assert.equal(cancelled.status, "cancelled");
        assert.equal((await system.rest().execute(three)).body.status, "succeeded");
      });
    });
  }

  for (const kind of ["submissionsAccepted", "resumePrepared"]) {
    it(`of plain calls right before ${kind} has them rejected on the gate`, () => {
      let cancel = async (_requestId: string) => {};
      const wrap = interruptedEvidence(kind, (id) => cancel(id));
      return withSystem({ wrap, environment: chainsRegister }, async (system) => {
        cancel = async (requestId) => void (await system.rest().cancel(requestId, 0));
        const record = await system.rest().ended(await system.rest().begin([registerStep(1), registerStep(2)]));
        assert.equal(record.status, "cancelled", record.user_visible_error);
        assert.deepEqual(outcomesOf(record), ["not_executed", "not_executed"]);
        assert.deepEqual(await view(system.devnet, "register.near", "get"), []);
        assert.equal(gateCalls(system.devnet, "resume_intent").length, 2);
        assert.equal(record.fees.gate_fee_yocto, "60000000000000000000000");
        assert.deepEqual(system.devnet.controls.gate.state.pending, []);
        assert.deepEqual(record.cancel_tx_hashes, []);
      });
    });
  }

  it("makes a resume impossible that was sent and got lost", () =>
    withSystem({}, async (system) => {
      const { blocks, faults, counters } = system.devnet.controls;
      const before = balanceOf(system);
      blocks.stop();
      const requestId = await system.rest().begin(three);
      while ((counters.snapshot().rpc.send_tx ?? 0) < 3) await new Promise((resolve) => setTimeout(resolve, 5));
      const lost = { name: "HANDLER_ERROR", cause: { name: "INVALID_TRANSACTION" }, code: -32000, message: "lost" };
      faults.add({ target: "rpc", method: "send_tx", count: null, fault: { kind: "error", error: lost } });
      blocks.go();
      await system.rest().until(requestId, ({ status }) => status === "resuming");
      const { status, body } = await system.rest().cancel(requestId, 0);
      assert.deepEqual([status, body.status], [202, "resuming"]);
      while ((counters.snapshot().rpc.send_tx ?? 0) < 4) await new Promise((resolve) => setTimeout(resolve, 5));
      faults.clear();
      const record = await system.rest().ended(requestId);
      assert.equal(record.status, "cancelled", record.user_visible_error);
      assert.equal(record.resume_tx_hash, null);
      assert.equal(record.resume_tx_hashes.length, 1);
      const [burnt, ...others] = gateCalls(system.devnet, "resume_batch_chained");
      assert.deepEqual(others, []);
      assert.ok(!record.resume_tx_hashes.includes(burnt?.transaction.hash), "a higher nonce landed, not the resume");
      await assertTrue(system, record, before);
    }));

  it("stops what of a chain that runs can be stopped, and says what could not", () =>
    withSystem({ devnet: { blockTimeMs: 60 } }, async (system) => {
      const before = balanceOf(system);
      const requestId = await system.rest().begin(Array(12).fill(dust));
      await system.rest().until(requestId, ({ status }) => status === "dispatching");
      const { body: record } = await system.rest().cancel(requestId);
      const outcomes = outcomesOf(record);
      const done = outcomes.indexOf("failed_on_chain");
      assert.deepEqual([record.status, record.error_code], ["failed", "cancelled"], record.user_visible_error);
      assert.ok(done > 0 && done < 11, outcomes.join());
      const expected = [...Array(done).fill("succeeded"), ...Array(12 - done).fill("failed_on_chain")];
      assert.deepEqual(outcomes, expected);
      const numbers = Array.from({ length: done }, (_, index) => index + 1).join(", ");
      const subject = `step${done === 1 ? "" : "s"} ${numbers} of 12`;
      assert.equal(
        record.user_visible_error,
        `it was cancelled at its caller's wish, and ${subject} had been executed by then`,
      );
      assert.equal(record.step_outcomes[11].error, usedText);
      await assertTrue(system, record, before);
      assert.deepEqual(system.devnet.controls.gate.state.tail, []);
    }));

  it("that settles leaves it failed for the reason that it failed for", () =>
    drained()(async (system) => {
      const requestId = await system.rest().begin(half);
      await system.rest().until(requestId, ({ intent_ids }) => !intent_ids.includes(null));
      system.devnet.controls.keystore.setReadiness("not_ready");
      await system.rest().until(requestId, ({ status }) => status === "settling");
      const { status, body } = await system.rest().cancel(requestId, 0);
      assert.deepEqual([status, body.status, body.error_code], [202, "settling", "dispatch_failed"]);
      assert.match(body.user_visible_error, /may still execute until/);
      system.devnet.controls.keystore.setReadiness("ready");
      const record = await system.rest().ended(requestId);
      assert.deepEqual([record.status, record.error_code], ["failed", "dispatch_failed"]);
      assert.deepEqual(outcomesOf(record), ["succeeded", "failed_on_chain", "succeeded"]);
    }));

  it("that was taken in, and is cancelled before the next process has seen the chain, does not hold up the gate", () => {
    const clock = new MovingClock(someMorning);
    return withSystem({ clock }, async (system) => {
      const { faults, rpc } = system.devnet.controls;
      const fault = { kind: "server_error" } as const;
      faults.add({ target: "keystore", method: "/wallet/sign-nep413", count: null, fault });
      const requestId = await system.rest().begin(three);
      await waitUntil(async () => (await eventsOf(system, requestId)).includes("admitted"), "that it is taken in");
      await system.stopProduct();
      rpc.setAway(true);
      await system.restart();
      await system.rest().cancel(requestId, 0);
      // The keystore may have signed without an answer.
      await system.rest().until(requestId, ({ status }) => status === "settling");
      rpc.setAway(false);
      faults.clear();
      assert.equal((await system.rest("wallet-2").execute(three)).body.status, "succeeded");
      clock.advance(pastDeadlinesMs);
      assert.equal((await system.rest().ended(requestId)).status, "cancelled");
    });
  });

  it("is found by the sweep where the bus says nothing", () =>
    withSystem({}, async (system) => {
      system.devnet.controls.keystore.setReadiness("not_ready");
      const requestId = await system.rest().begin(three);
      await system.rest().until(requestId, ({ status }) => status === "queued");
      // Nobody is listening when it comes.
      await system.stopProduct();
      await system.restart();
      assert.equal((await system.rest().cancel(requestId)).body.status, "cancelled");
    }));

  it("reaches a sequential batch by the same path", () =>
    withSystem({}, async (system) => {
      system.devnet.controls.keystore.setReadiness("not_ready");
      const batch = { gate_id: system.devnet.gateId, calls: [setRegister(7)] };
      const { body } = await system.rest().post("/sequential-batch", batch, { prefer: "wait=0" });
      const { status, body: record } = await system.rest().cancel(body.request_id);
      assert.deepEqual([status, record.status, record.endpoint], [200, "cancelled", "sequential_batch"]);
    }));
});
