import assert from "node:assert/strict";
import { gateTrace, transactions } from "./support/chain-dump.ts";
import { count, execute, install } from "./support/direct-user.ts";
import { eventsOf } from "./support/history.ts";
import { dispatches } from "./support/on-chain.ts";
import { describeShapes } from "./support/shapes.ts";
import { dust, registerStep, three } from "./support/steps.ts";
import { type System, withSystem } from "./support/system.ts";
import { waitUntil } from "./support/wait-until.ts";

const agreedFee = 30_000_000_000_000_000_000_000n;
const hostileStep = (method_name: string, args_json: object) => ({
  receiver_id: "hostile.near",
  method_name,
  gas: "100000000000000",
  deposit: "0",
  args_json,
  route: "gate_proxy",
});
const outcomes = ({ step_outcomes }: { step_outcomes: { outcome: string }[] }) =>
  step_outcomes.map(({ outcome }) => outcome);

/** What transactions to the gate attach, in yoctoNEAR. */
const attached = ({ devnet }: System) =>
  transactions(devnet)
    .filter(({ transaction }) => transaction.receiver_id === devnet.gateId)
    .flatMap(({ transaction }) => transaction.actions)
    .map(({ FunctionCall }) => BigInt(String(Reflect.get(FunctionCall ?? {}, "deposit") ?? 0)));

describeShapes("a gate and targets that do what nobody expects", (shape) => {
  it("an owner who raises the fee while a plain call waits for its reject gets no more than was agreed (rule: fee-is-the-agreed-tier)", () =>
    withSystem({ shape }, async (system) => {
      const { gate } = system.devnet.controls;
      const steps = [hostileStep("answer_late", { blocks: 40 }), registerStep(7)];
      const requestId = await system.rest().begin(steps, undefined, { on_failure: "halt" });
      await waitUntil(async () => dispatches(system) === 1, "the first call is dispatched");
      gate.setTiers([[12, 100n * 10n ** 24n]]);
      await system.rest().cancel(requestId, 0);
      const record = await system.rest().ended(requestId);
      assert.deepEqual(outcomes(record), ["succeeded", "not_executed"], record.user_visible_error);
      const dearest = attached(system).reduce((most, one) => (one > most ? one : most), 0n);
      assert.equal(dearest, agreedFee);
      assert.equal(dispatches(system), 1);
    }));

  it("a target that calls the gate's own callback and answers slowly has run, and is not called failed (rule: only-the-gates-own-word)", () =>
    withSystem({ shape }, async (system) => {
      const back = {
        receiver: system.devnet.gateId,
        method: "on_intent_resumed",
        args: '{"intent_id":"0"}',
        blocks: 8,
      };
      const { body: record } = await system.rest().execute([hostileStep("call_back_late", back), dust]);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.deepEqual(outcomes(record), ["succeeded", "succeeded"]);
      const refused = transactions(system.devnet)
        .flatMap(({ receipts }) => receipts)
        .filter(({ receipt, outcome }) => {
          const failed = JSON.stringify(outcome?.outcome.status ?? "").includes("is private");
          return receipt?.predecessor_id === "hostile.near" && receipt.receiver_id === system.devnet.gateId && failed;
        });
      assert.equal(refused.length, 1, "the gate has refused the target's call");
      assert.equal(gateTrace(system.devnet).filter(({ ev }) => ev === "intent_dispatched").length, 2);
    }));
});

describe("one endpoint that is away, and what is sent gets lost (rule: dead-is-unknown-to-every-endpoint)", () => {
  const withTwo = (run: (system: System) => Promise<void>) => withSystem({ rpcPaths: ["/a", "/b"] }, run);
  const away = { target: "rpc", method: "POST /b", count: null, fault: { kind: "reset" } } as const;

  it("holds up nobody else, and ends the workflow whose submission is lost with what is true", () =>
    withTwo(async (system) => {
      const { faults } = system.devnet.controls;
      faults.add(away);
      // The first submission never comes in before those with higher nonces. The endpoint that is away might know of it.
      faults.add({ target: "rpc", method: "send_tx", count: 1, fault: { kind: "arrive_late", blocks: 60 } });
      const first = await system.rest().begin(three);
      await waitUntil(() => faults.rules.length === 1, "the first submission is late");
      const { body: second } = await system.rest("wallet-2").execute([dust, dust], undefined, 30);
      assert.equal(second.status, "succeeded", second.user_visible_error);
      const record = await system.rest().ended(first);
      assert.equal(record.status, "failed");
      assert.deepEqual(outcomes(record), ["not_executed", "not_executed", "not_executed"]);
      assert.equal(dispatches(system), 2);
      assert.deepEqual(
        faults.rules.map(({ method }) => method),
        ["POST /b"],
      );
    })).timeout(60_000);

  it("holds up no user's key: the next call goes out as well", () =>
    withTwo(async (system) => {
      await install(system);
      const { faults } = system.devnet.controls;
      faults.add(away);
      const lost = { name: "HANDLER_ERROR", cause: { name: "INVALID_TRANSACTION" }, code: -32000, message: "lost" };
      faults.add({ target: "rpc", method: "send_tx", count: 2, fault: { kind: "error", error: lost } });
      for (const [key, after] of [
        ["first", 1],
        ["second", 2],
      ] as const) {
        const { body } = await execute(system.rest(), {}, key);
        assert.equal(body.status, "succeeded", body.user_visible_error);
        assert.equal(await count(system.devnet), after);
      }
      assert.deepEqual(
        faults.rules.map(({ method }) => method),
        ["POST /b"],
      );
    }));
});

describe("a keystore that signs slower than the gate's blocks pass (rule: signed-anew-is-bounded)", () => {
  it("has its signature thrown away unsent, and another one made once that one is dead", () =>
    withSystem({ devnet: { blockTimeMs: 15 }, environment: { INTENTS_DEADLINE_SECS: "15" } }, async (system) => {
      const { keystore } = system.devnet.controls;
      keystore.setDelay(2_400);
      const requestId = await system.rest().begin([dust]);
      const waits = ({ queue }: { queue: { waiting_for: string } | null }) =>
        queue?.waiting_for === "discarded_signatures";
      const waiting = await system.rest().until(requestId, waits, 30_000);
      assert.deepEqual([waiting.status, waiting.submit_tx_hashes], ["queued", [null]]);
      keystore.setDelay(0);
      const record = await system.rest().ended(requestId, 30_000);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.equal(dispatches(system), 1);
      assert.equal((await eventsOf(system, requestId)).filter((event) => event === "signed").length, 2);
      assert.ok(record.version < 20, `${record.version} versions`);
    })).timeout(90_000);
});
