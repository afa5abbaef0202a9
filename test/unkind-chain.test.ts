import assert from "node:assert/strict";
import { type Json, outcomesOf } from "./support/cancels.ts";
import { transactions } from "./support/chain-dump.ts";
import { calls, count, execute, install } from "./support/direct-user.ts";
import { eventsOf } from "./support/history.ts";
import { logged } from "./support/logged.ts";
import { misbehavingSigner } from "./support/misbehaving-signer.ts";
import { pastDeadlinesMs, someMorning } from "./support/moving-clock.ts";
import { dispatches } from "./support/on-chain.ts";
import { describeShapes } from "./support/shapes.ts";
import { dust, registerStep, three } from "./support/steps.ts";
import { blockMs, type System, withSystem } from "./support/system.ts";
import { waitUntil } from "./support/wait-until.ts";
import { withTime } from "./support/with-time.ts";

const agreedFee = 30_000_000_000_000_000_000_000n;
const hostileStep = (method_name: string, args_json: object) => ({
  receiver_id: "hostile.near",
  method_name,
  gas: "100000000000000",
  deposit: "0",
  args_json,
  route: "gate_proxy",
});

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
      await logged(system, "an intent is left to time out: the gate asks another fee than was agreed");
      const record = await system.rest().ended(requestId);
      assert.deepEqual(outcomesOf(record), ["succeeded", "not_executed"], record.user_visible_error);
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
      assert.deepEqual(outcomesOf(record), ["succeeded", "succeeded"]);
      const refused = transactions(system.devnet)
        .flatMap(({ receipts }) => receipts)
        .filter(({ receipt, outcome }) => {
          const failed = JSON.stringify(outcome?.outcome.status ?? "").includes("is private");
          return receipt?.predecessor_id === "hostile.near" && receipt.receiver_id === system.devnet.gateId && failed;
        });
      assert.equal(refused.length, 1, "the gate has refused the target's call");
      assert.equal(dispatches(system), 2);
    }));
});

describe("one endpoint that is away, and what is sent gets lost (rule: dead-is-unknown-to-every-endpoint)", () => {
  const away = { target: "rpc", method: "POST /b", count: null, fault: { kind: "reset" } } as const;
  const headOf = ({ devnet }: System) => devnet.chain.head.height;
  const isDead = async (system: System, requestId: string) =>
    (await eventsOf(system, requestId)).includes("transaction_dead");

  it("a lost submission holds up no lone call, and chains until that endpoint was away for 200 blocks", () =>
    // Slow blocks: the lone call has 20 s for what takes some 30 of them.
    withSystem({ rpcPaths: ["/a", "/b"], devnet: { blockTimeMs: 100 } }, async (system) => {
      const { blocks, faults } = system.devnet.controls;
      faults.add(away);
      const awaySince = headOf(system);
      // The first submission never comes in before those with higher nonces. The endpoint that is away might know of it.
      faults.add({ target: "rpc", method: "send_tx", count: 1, fault: { kind: "arrive_late", blocks: 60 } });
      const lost = await system.rest().begin(three);
      await waitUntil(() => faults.rules.length === 1, "the first submission is late");
      const chain = await system.rest("wallet-3").begin([dust, dust]);
      const { body: lone } = await system.rest("wallet-2").execute([dust], undefined, 30);
      assert.equal(lone.status, "succeeded", lone.user_visible_error);
      const followed = await system.rest().record(lost);
      assert.deepEqual([followed.status, await isDead(system, lost)], ["submitting", false]);
      assert.equal((await system.rest("wallet-3").record(chain)).queue?.waiting_for, "turn");
      blocks.setBlockTime(blockMs);
      await waitUntil(() => isDead(system, lost), "the lost submission is dead");
      assert.ok(headOf(system) >= awaySince + 200n, "the endpoint that is away was waited for");
      const record = await system.rest().ended(lost);
      assert.equal(record.status, "failed");
      assert.deepEqual(outcomesOf(record), ["not_executed", "not_executed", "not_executed"]);
      const passed = await system.rest("wallet-3").ended(chain);
      assert.equal(passed.status, "succeeded", passed.user_visible_error);
      assert.equal(dispatches(system), 3);
      assert.deepEqual(
        faults.rules.map(({ method }) => method),
        [away.method],
      );
    })).timeout(90_000);

  it("a lost call of a user's key holds the key until that endpoint was away for 200 blocks, and then the next call has it", () =>
    withSystem({ rpcPaths: ["/a", "/b"], devnet: { validityPeriod: 20n } }, async (system) => {
      await install(system);
      const { blocks, faults } = system.devnet.controls;
      faults.add(away);
      const awaySince = headOf(system);
      const lost = { name: "HANDLER_ERROR", cause: { name: "INVALID_TRANSACTION" }, code: -32000, message: "lost" };
      const sends = faults.add({
        target: "rpc",
        method: "send_tx",
        count: null,
        fault: { kind: "error", error: lost },
      });
      const { body: first } = await execute(system.rest(), {}, "first", 0);
      await system.rest().until(first.request_id, (record) => record.direct_signed_transactions.length === 1);
      // Once it is dead nothing is signed anew, and its key is free.
      await system.rest().cancel(first.request_id, 0);
      const { body: second } = await execute(system.rest(), {}, "second", 0);
      await waitUntil(() => headOf(system) >= awaySince + 150n, "it has expired long since");
      blocks.stop();
      assert.equal(await isDead(system, first.request_id), false);
      assert.deepEqual((await system.rest().record(second.request_id)).direct_signed_transactions, []);
      // Of these blocks the last two are not final, and a proof is tried every ten.
      blocks.mine({ blocks: Number(awaySince + 212n - headOf(system)) });
      const ended = await system.rest().ended(first.request_id);
      assert.deepEqual([ended.status, await isDead(system, first.request_id)], ["cancelled", true]);
      faults.remove(sends.id);
      blocks.go();
      const record = await system.rest().ended(second.request_id);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.deepEqual([calls(system).length, await count(system.devnet)], [1, 1]);
      assert.deepEqual(
        faults.rules.map(({ method }) => method),
        [away.method],
      );
    })).timeout(60_000);
});

describe("a keystore that signs slower than the gate's blocks pass (rule: signed-anew-is-bounded)", () => {
  it("has its signature thrown away unsent, and another one made once that one is dead", () => {
    const held = Promise.withResolvers<void>();
    const letGo = Promise.withResolvers<void>();
    const wrap = misbehavingSigner({
      async answer(response, { walletId }) {
        if (walletId !== "wallet-1") return response;
        held.resolve();
        await letGo.promise;
        return response;
      },
    });
    return withTime(
      someMorning,
      async (system, time) => {
        const { blocks } = system.devnet.controls;
        const requestId = await system.rest().begin([dust]);
        await held.promise;
        blocks.mine({ blocks: 190 });
        // Where another wallet's call is carried out, the product has seen these blocks.
        const { body: other } = await system.rest("wallet-2").execute([dust]);
        assert.equal(other.status, "succeeded", other.user_visible_error);
        letGo.resolve();
        const isThrownAway = ({ queue }: Json) => queue?.waiting_for === "discarded_signatures";
        const waiting = await system.rest().until(requestId, isThrownAway);
        assert.deepEqual([waiting.status, waiting.submit_tx_hashes], ["queued", [null]]);
        await time.advance(pastDeadlinesMs);
        const record = await system.rest().ended(requestId);
        assert.equal(record.status, "succeeded", record.user_visible_error);
        assert.equal(dispatches(system), 2);
        const signing = ["signing_prepared", "signatures_discarded"];
        const events = (await eventsOf(system, requestId)).filter((event) => signing.includes(event));
        assert.deepEqual(events, ["signing_prepared", "signatures_discarded", "signing_prepared"]);
        assert.ok(record.version < 20, `${record.version} versions`);
      },
      { wrap },
    );
  });
});
