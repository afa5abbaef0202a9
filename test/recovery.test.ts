import assert from "node:assert/strict";
import { gateCalls, gateTrace } from "./support/chain-dump.ts";
import { corruptSignature } from "./support/misbehaving-signer.ts";
import { MovingClock, pastDeadlinesMs, someMorning } from "./support/moving-clock.ts";
import { deadlineOnly } from "./support/on-chain.ts";
import { SilentGateLog } from "./support/silent-gate-log.ts";
import { dust, transfer } from "./support/steps.ts";
import { withSystem } from "./support/system.ts";

describe("a product that is restarted", () => {
  const three = [dust, transfer("2000000000000000000"), dust];

  for (const status of ["policy_checking", "submitting", "submitted", "resuming", "dispatching"]) {
    it(`goes on with a workflow that was ${status}, and does nothing twice`, () =>
      withSystem({ devnet: { blockTimeMs: 60 } }, async (system) => {
        const requestId = await system.rest().begin(three, "interrupted");
        await system.rest().until(requestId, (record) => record.status === status || record.retry_after_ms === null);
        await system.restart();
        const record = await system.rest().ended(requestId);
        assert.equal(record.status, "succeeded", record.user_visible_error);
        assert.deepEqual(record.balance_deltas, { "nep141:wrap.near:intents": "-4000000000000000000" });
        assert.equal(gateTrace(system.devnet).filter(({ ev }) => ev === "intent_dispatched").length, 3);
        assert.equal(gateCalls(system.devnet, "submit_intent").length, 3);
        assert.equal(gateCalls(system.devnet, "resume_batch_chained").length, 1);
        const again = await system.rest().execute(three, "interrupted");
        assert.equal(again.body.request_id, requestId);
      }));
  }

  it("sends the very resume that the gate's log has, where the answer to that append was lost, and signs no other", () => {
    const silent = new SilentGateLog("chain");
    return withSystem({ wrap: silent.wrap }, async (system) => {
      const record = await system.rest().ended(await system.rest().begin(three));
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.equal(silent.wasSilent, true);
      assert.equal(record.resume_tx_hashes.length, 1);
      assert.equal(record.resume_tx_hash, gateCalls(system.devnet, "resume_batch_chained")[0]?.transaction.hash);
    });
  });

  it("goes on with one that waits", () =>
    withSystem({}, async (system) => {
      system.devnet.controls.keystore.setReadiness("not_ready");
      const waiting = await system.rest().begin(three);
      await system.rest().until(waiting, ({ status }) => status === "queued");
      await system.restart();
      system.devnet.controls.keystore.setReadiness("ready");
      assert.equal((await system.rest().ended(waiting)).status, "succeeded");
    }));

  it("goes on with one that settles, and decides what became of its steps", () => {
    const clock = new MovingClock(someMorning);
    return withSystem({ clock, environment: deadlineOnly, wrap: corruptSignature(2) }, async (system) => {
      const settling = await system.rest().begin(three);
      await system.rest().until(settling, ({ status }) => status === "settling");
      await system.restart();
      clock.advance(pastDeadlinesMs);
      const record = await system.rest().ended(settling);
      assert.equal(record.status, "failed");
      const outcomes = record.step_outcomes.map(({ outcome }: { outcome: string }) => outcome);
      assert.deepEqual(outcomes, ["not_executed", "not_executed", "not_executed"]);
    });
  });

  it("lets nobody in while it stops, and answers those who wait", () =>
    withSystem({}, async (system) => {
      system.devnet.controls.keystore.setReadiness("not_ready");
      const waiting = system.rest().execute([dust], undefined, 20);
      const begun = await system.rest().begin([dust], "second");
      await system.rest().until(begun, ({ status }) => status === "queued");
      await system.stopProduct();
      assert.equal((await waiting).status, 202);
    }));
});
