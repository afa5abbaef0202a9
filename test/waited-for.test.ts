import assert from "node:assert/strict";
import { gateCalls } from "./support/chain-dump.ts";
import { makeFinal } from "./support/on-chain.ts";
import { assertNothingHappened, assertRefused, neverBegun } from "./support/refusals.ts";
import { describeShapes } from "./support/shapes.ts";
import { dust, registerStep, three } from "./support/steps.ts";
import { withSystem } from "./support/system.ts";

describeShapes("what a user gets: waiting", (shape) => {
  it("a gate with somebody else's chain in flight: queued, and then carried out", () =>
    withSystem({ shape }, async (system) => {
      const { gate, blocks } = system.devnet.controls;
      await gate.foreignChain(12).done;
      // The chain in flight is to stay there until it has been looked at.
      blocks.stop();
      makeFinal(system);
      const first = await system.rest().execute(three, "patient", 0);
      assert.equal(first.status, 202);
      const queued = await system.rest().until(first.body.request_id, ({ queue }) => queue !== null);
      assert.deepEqual(queued.queue, { position: 1, expected_start_height: null, waiting_for: "gate_busy" });
      assert.deepEqual([queued.error_code, queued.user_visible_error], [null, null]);
      blocks.go();
      const record = await system.rest().ended(first.body.request_id);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.equal(gateCalls(system.devnet, "submit_intent").length, 12 + 3);
    }));

  it("a stuck gate is waited for, and then ends the workflow with its code, unsigned (rule: blocked-workflow-waits-so-long)", () =>
    withSystem({ shape, environment: { QUEUE_TIMEOUT_SECS: "2" } }, async (system) => {
      await system.devnet.controls.gate.stickTail().done;
      const requestId = await system.rest().begin(three, "stuck");
      const queued = await system.rest().until(requestId, ({ queue }) => queue?.waiting_for === "gate_stuck");
      assert.equal(queued.status, "queued");
      await system.rest().ended(requestId);
      assertRefused(await system.rest().execute(three, "stuck"), 400, {
        ...neverBegun,
        status: "failed",
        error_code: "gate_stuck",
        user_visible_error:
          "the gate is stuck: its owner has to reset the batch tail, for more than 2 s; nothing was sent",
      });
      const keystore = system.devnet.controls.counters.snapshot().keystore as Record<string, number>;
      assert.equal(keystore["/wallet/sign-nep413"] ?? 0, 0);
    }));

  it("a stuck gate ends the workflow all the same while calls that need no place on the gate go past it", () =>
    withSystem({ shape, environment: { QUEUE_TIMEOUT_SECS: "2" } }, async (system) => {
      await system.devnet.controls.gate.stickTail().done;
      const stuck = await system.rest().begin(three, "stuck");
      await system.rest().until(stuck, ({ queue }) => queue?.waiting_for === "gate_stuck");
      const passed = { count: 0 };
      while ((await system.rest().record(stuck)).status === "queued") {
        assert.ok(passed.count < 40, "it waits for as long as others go past the gate");
        const past = await system.rest().begin([dust], `past-${passed.count++}`);
        assert.equal((await system.rest().ended(past)).status, "succeeded");
      }
      assert.ok(passed.count > 0);
      assert.equal((await system.rest().record(stuck)).error_code, "gate_stuck");
    }));

  it("a stuck gate that its owner resets: carried out after all", () =>
    withSystem({ shape }, async (system) => {
      await system.devnet.controls.gate.stickTail().done;
      const requestId = await system.rest().begin(three);
      await system.rest().until(requestId, ({ queue }) => queue?.waiting_for === "gate_stuck");
      system.devnet.controls.gate.resetTail();
      assert.equal((await system.rest().ended(requestId)).status, "succeeded");
    }));

  it("a keystore that is not ready: queued, and carried out once it is", () =>
    withSystem({ shape }, async (system) => {
      system.devnet.controls.keystore.setReadiness("not_ready");
      const requestId = await system.rest().begin(three, "unready");
      await system.rest().until(requestId, ({ queue }) => queue?.waiting_for === "keystore_unavailable");
      const first = await system.rest().execute(three, "unready", 0);
      assert.equal(first.status, 202);
      assert.equal(first.headers.get("location"), `/wallet/v1/workflows/${requestId}`);
      assert.equal(first.headers.get("retry-after"), "2");
      assert.deepEqual(
        [first.body.status, first.body.queue, first.body.retry_after_ms],
        ["queued", { position: 0, expected_start_height: null, waiting_for: "keystore_unavailable" }, 2000],
      );
      system.devnet.controls.keystore.setReadiness("ready");
      assert.equal((await system.rest().ended(requestId)).status, "succeeded");
    }));

  it("a keystore that never gets ready ends the workflow with its code (rule: blocked-workflow-waits-so-long)", () =>
    withSystem({ shape, environment: { QUEUE_TIMEOUT_SECS: "1" } }, async (system) => {
      system.devnet.controls.keystore.setReadiness("not_ready");
      const requestId = await system.rest().begin(three, "never");
      await system.rest().ended(requestId);
      assertRefused(await system.rest().execute(three, "never"), 400, {
        ...neverBegun,
        status: "failed",
        error_code: "keystore_unavailable",
        user_visible_error: "the keystore is not ready, for more than 1 s; nothing was sent",
      });
      assertNothingHappened(system);
    }));

  it("an RPC node that is away for ten seconds: queued, and carried out once it is back", () =>
    withSystem({ shape }, async (system) => {
      system.devnet.controls.rpc.setAway(true);
      const requestId = await system.rest().begin(three);
      const queued = await system.rest().until(requestId, ({ queue }) => queue?.waiting_for === "rpc_unavailable");
      assert.equal(queued.status, "queued");
      assert.deepEqual([queued.queue.position, queued.queue.expected_start_height], [0, null]);
      await new Promise((resolve) => setTimeout(resolve, 7000));
      assert.equal((await system.rest().record(requestId)).status, "queued");
      system.devnet.controls.rpc.setAway(false);
      const record = await system.rest().ended(requestId);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.equal(gateCalls(system.devnet, "submit_intent").length, 3);
    })).timeout(40_000);

  it("an RPC node that goes away in the middle: followed, never called failed, done once it is back", () =>
    withSystem({ shape }, async (system) => {
      const requestId = await system.rest().begin(three);
      await system.rest().until(requestId, ({ status }) => status === "dispatching");
      system.devnet.controls.rpc.setAway(true);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      assert.equal((await system.rest().record(requestId)).status, "dispatching");
      system.devnet.controls.rpc.setAway(false);
      assert.equal((await system.rest().ended(requestId)).status, "succeeded");
      assert.equal(gateCalls(system.devnet, "resume_batch_chained").length, 1);
    }));

  it("a balance that is too low is waited for (rule: blocked-workflow-waits-so-long)", () =>
    withSystem({ shape }, async (system) => {
      const { relayer, controls } = system.devnet;
      controls.accounts.setBalance(relayer.accountId, 10n ** 23n);
      makeFinal(system);
      const requestId = await system.rest().begin(three);
      const queued = await system.rest().until(requestId, ({ queue }) => queue !== null);
      assert.deepEqual([queued.status, queued.queue.waiting_for], ["queued", "balance_low"]);
      assertNothingHappened(system);
      controls.accounts.setBalance(relayer.accountId, 10n ** 27n);
      assert.equal((await system.rest().ended(requestId)).status, "succeeded");
    }));

  it("a wallet's trouble does not hold up another's workflow (rule: blocked-workflow-waits-so-long)", () =>
    withSystem({ shape }, async (system) => {
      const { controls } = system.devnet;
      controls.keystore.setReadiness("not_ready");
      const blocked = await system.rest("wallet-1").begin(three);
      await system.rest("wallet-1").until(blocked, ({ status }) => status === "queued");
      controls.keystore.setReadiness("ready");
      controls.faults.add({
        target: "keystore",
        method: "/wallet/derive-address",
        count: null,
        fault: { kind: "reset" },
      });
      const other = await system.rest("wallet-2").begin([registerStep(1)]);
      controls.faults.clear();
      assert.equal((await system.rest("wallet-2").ended(other)).status, "succeeded");
      assert.equal((await system.rest("wallet-1").ended(blocked)).status, "succeeded");
    }));
});
