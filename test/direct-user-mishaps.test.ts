import assert from "node:assert/strict";
import { Actor } from "./support/actors.ts";
import { calls, count, execute, install, scope, useElsewhere } from "./support/direct-user.ts";
import { HiddenLog } from "./support/hidden-log.ts";
import { eventsOf } from "./support/history.ts";
import { misbehavingSigner } from "./support/misbehaving-signer.ts";
import { describeShapes, itEmbedded } from "./support/shapes.ts";
import { apiKey, type System, withSystem } from "./support/system.ts";

/** Errors of a node that answers, and does not do what it was asked. */
const serverBusy = { name: "HANDLER_ERROR", cause: { name: "INVALID_TRANSACTION" }, code: -32000, message: "busy" };
const unknownChunk = { name: "HANDLER_ERROR", cause: { name: "UNKNOWN_CHUNK" }, code: -32000, message: "no chunk" };

/** A provider's, which looks like a contract's answer: that has `data` too. */
const providersLimit = { code: 429, message: "Too many requests", data: "limit of 10/s reached" };

/** Somebody else counts, with the user's full access key. */
const countElsewhere = (system: System) =>
  new Actor(system.devnet, scope.user_id).call({ receiverId: scope.receiver_id, methodName: "increase", args: {} });

describeShapes("the direct-user lane: whatever goes wrong", (shape) => {
  it("a keystore that is not ready is waited for", () =>
    withSystem({ shape }, async (system) => {
      await install(system);
      system.devnet.controls.keystore.setReadiness("not_ready");
      const first = await execute(system.rest(), {}, "patient", 0);
      assert.equal(first.status, 202);
      const { request_id: id } = first.body;
      const waiting = await system.rest().until(id, ({ queue }) => queue !== null);
      assert.deepEqual([waiting.status, waiting.queue.waiting_for], ["queued", "keystore_unavailable"]);
      system.devnet.controls.keystore.setReadiness("ready");
      assert.equal((await system.rest().ended(id)).status, "succeeded");
    }));

  it("an answer that is lost after the broadcast: found by its hash, and counted once", () =>
    withSystem({ shape }, async (system) => {
      await install(system);
      const { faults } = system.devnet.controls;
      faults.add({ target: "rpc", method: "send_tx", count: 3, fault: { kind: "lost" } });
      const { body } = await execute(system.rest());
      assert.equal(body.status, "succeeded", body.user_visible_error);
      assert.equal(await count(system.devnet), 1);
      assert.equal(body.direct_signed_transactions.length, 1);
    }));

  for (const method of ["send_tx", "EXPERIMENTAL_tx_status", "query", "*"]) {
    it(`a provider's limit in JSON-RPC's clothes (${method}): asked again, and counted once`, () =>
      withSystem({ shape }, async (system) => {
        await install(system);
        const { faults } = system.devnet.controls;
        const rule = faults.add({ target: "rpc", method, count: 5, fault: { kind: "error", error: providersLimit } });
        const { body: begun } = await execute(system.rest(), {}, "limited", 0);
        const record = await system.rest().ended(begun.request_id);
        const left = faults.rules.find(({ id }) => id === rule.id)?.count ?? 0;
        faults.remove(rule.id);
        assert.ok(left < 5, "the node has answered so");
        assert.equal(record.status, "succeeded", record.user_visible_error);
        assert.deepEqual([calls(system).length, await count(system.devnet)], [1, 1]);
        assert.equal(record.direct_signed_transactions.length, 1);
      }));
  }

  it("a node that loses what is sent: the same bytes again, never called failed", () =>
    withSystem({ shape, environment: { NEAR_POLL_TIMEOUT_SECS: "1" } }, async (system) => {
      await install(system);
      const { faults } = system.devnet.controls;
      faults.add({ target: "rpc", method: "send_tx", count: null, fault: { kind: "reset" } });
      const { body: begun } = await execute(system.rest(), {}, "unknown", 0);
      const unknown = await system.rest().until(begun.request_id, ({ error_code }) => error_code === "outcome_unknown");
      assert.equal(unknown.status, "submitting");
      faults.clear();
      const record = await system.rest().ended(begun.request_id);
      assert.deepEqual([record.status, record.error_code], ["succeeded", null]);
      assert.deepEqual(record.direct_signed_transactions, unknown.direct_signed_transactions);
      assert.equal(await count(system.devnet), 1);
    }));

  it("a crash after it was written down and before it was sent: sent by the next process, once", () =>
    withSystem({ shape }, async (system) => {
      await install(system);
      const { faults } = system.devnet.controls;
      faults.add({ target: "rpc", method: "send_tx", count: null, fault: { kind: "reset" } });
      const { body: begun } = await execute(system.rest(), {}, "crash", 0);
      await system.rest().until(begun.request_id, ({ status }) => status === "submitting");
      await system.stopProduct();
      faults.clear();
      await system.restart();
      const record = await system.rest().ended(begun.request_id);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.equal(calls(system).length, 1);
    }));

  it("a crash after it was sent and before its answer: looked up, not sent as another", () =>
    withSystem({ shape }, async (system) => {
      await install(system);
      const { faults } = system.devnet.controls;
      faults.add({
        target: "rpc",
        method: "EXPERIMENTAL_tx_status",
        count: null,
        fault: { kind: "server_error" },
      });
      const { body: begun } = await execute(system.rest(), {}, "crash", 0);
      while ((await count(system.devnet)) === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      await system.stopProduct();
      faults.clear();
      await system.restart();
      const record = await system.rest().ended(begun.request_id);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.deepEqual([calls(system).length, await count(system.devnet)], [1, 1]);
    }));

  itEmbedded(
    shape,
    "a counter that somebody else moved meanwhile: the receipt decides, and the record says ambiguous",
    () => {
      let elsewhere: () => Promise<unknown> = async () => {};
      const wrap = misbehavingSigner({
        async signDirectUserCall(answer) {
          await elsewhere();
          return answer;
        },
      });
      return withSystem({ wrap }, async (system) => {
        await install(system);
        elsewhere = () => countElsewhere(system);
        const { body } = await execute(system.rest());
        assert.equal(body.status, "succeeded", body.user_visible_error);
        const { count_before, count_after, ambiguous } = body.direct_user_evidence;
        assert.deepEqual([count_before, count_after, ambiguous], [0, 2, true]);
      });
    },
  );

  it("a call that fails on chain: failed, with the chain's own text, and not counted", () =>
    withSystem({ shape }, async (system) => {
      await install(system);
      const { body } = await execute(system.rest(), { gas: "1000000000" });
      assert.deepEqual([body.status, body.error_code], ["failed", "dispatch_failed"]);
      assert.equal(body.user_visible_error, "the call failed on chain: Exceeded the prepaid gas.");
      const { count_before, count_after, ambiguous } = body.direct_user_evidence;
      assert.deepEqual([count_before, count_after, ambiguous], [0, 0, false]);
    }));

  itEmbedded(
    shape,
    "a key that is deleted after the signature: proven dead in the chunks, and then what is true is said (rule: shared-key-is-searched-in-chunks)",
    () => {
      let drop = () => {};
      const wrap = misbehavingSigner({
        signDirectUserCall(answer) {
          drop();
          return answer;
        },
      });
      return withSystem({ wrap }, async (system) => {
        const publicKey = await install(system);
        const { accounts, blocks } = system.devnet.controls;
        drop = () => {
          accounts.deleteKey(scope.user_id, publicKey);
          blocks.mine({ blocks: 3 });
        };
        const { body: begun } = await execute(system.rest(), {}, "deleted", 0);
        const record = await system.rest().ended(begun.request_id);
        assert.deepEqual([record.status, record.error_code], ["requires_direct_user_setup", null]);
        assert.ok((await eventsOf(system, begun.request_id)).includes("transaction_dead"));
        assert.deepEqual([calls(system).length, await count(system.devnet)], [0, 0]);
        assert.equal(record.direct_user_evidence.tx_hash, null);
        assert.equal(record.direct_signed_transactions.length, 1, "that it was signed stays in the record");
      });
    },
  );

  for (const [what, further] of [
    ["beyond ours", 5n],
    ["equal to ours", 1n],
  ] as const) {
    itEmbedded(
      shape,
      `a nonce ${what} that somebody else took: ours is in no chunk, so another is signed (rule: shared-key-is-searched-in-chunks)`,
      () => {
        let take: () => Promise<unknown> = async () => {};
        const wrap = misbehavingSigner({
          async signDirectUserCall(answer) {
            const taken = take;
            take = async () => {};
            await taken();
            return answer;
          },
        });
        return withSystem({ wrap }, async (system) => {
          const publicKey = await install(system);
          const { blocks } = system.devnet.controls;
          take = async () => {
            useElsewhere(system.devnet, publicKey, further);
            blocks.mine({ blocks: 3 });
          };
          const { body: begun } = await execute(system.rest(), {}, "taken", 0);
          const record = await system.rest().ended(begun.request_id);
          assert.equal(record.status, "succeeded", record.user_visible_error);
          assert.equal(record.direct_signed_transactions.length, 2);
          assert.deepEqual([calls(system).length, await count(system.devnet)], [1, 1]);
        });
      },
    );
  }

  itEmbedded(
    shape,
    "a call that the next process has not read yet: nobody else gets its key, and signs the same bytes",
    () => {
      const hidden = new HiddenLog();
      return withSystem({ wrap: hidden.wrap }, async (system) => {
        await install(system);
        const { faults, blocks } = system.devnet.controls;
        faults.add({ target: "rpc", method: "send_tx", count: null, fault: { kind: "error", error: serverBusy } });
        const { body: first } = await execute(system.rest(), {}, "first", 0);
        await system.rest().until(first.request_id, (record) => record.direct_signed_transactions.length === 1);
        blocks.stop();
        await system.stopProduct();
        hidden.requestId = first.request_id;
        await system.restart();
        const { body: second } = await execute(system.rest(), {}, "second", 0);
        // Each sweep tries once.
        await hidden.refused(2);
        assert.deepEqual((await system.rest().record(second.request_id)).direct_signed_transactions, []);
        hidden.requestId = undefined;
        faults.clear();
        blocks.go();
        const records = [await system.rest().ended(first.request_id), await system.rest().ended(second.request_id)];
        assert.deepEqual(
          records.map(({ status }) => status),
          ["succeeded", "succeeded"],
        );
        const hashes = records.map(({ direct_user_evidence }) => direct_user_evidence.tx_hash);
        assert.notEqual(hashes[0], hashes[1]);
        assert.deepEqual([calls(system).length, await count(system.devnet)], [2, 2]);
      });
    },
  );

  it("a transaction that expired while nothing could be sent: proven dead, and another is signed (rule: shared-key-is-searched-in-chunks)", () =>
    withSystem({ shape, devnet: { validityPeriod: 20n } }, async (system) => {
      await install(system);
      const { faults } = system.devnet.controls;
      // Sends are lost, and the node answers everything else.
      faults.add({ target: "rpc", method: "send_tx", count: null, fault: { kind: "error", error: serverBusy } });
      const { body: begun } = await execute(system.rest(), {}, "late", 0);
      await system.rest().until(begun.request_id, (record) => record.direct_signed_transactions.length > 1);
      faults.clear();
      const record = await system.rest().ended(begun.request_id);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.deepEqual([calls(system).length, await count(system.devnet)], [1, 1]);
      assert.ok((await eventsOf(system, begun.request_id)).includes("transaction_dead"));
    }));

  it("a chunk that no node has proves nothing (rule: shared-key-is-searched-in-chunks)", () =>
    withSystem(
      // Blocks that leave time between them: nothing is called unknown while a look or a proof is due at every turn.
      { shape, devnet: { validityPeriod: 20n, blockTimeMs: 100 }, environment: { NEAR_POLL_TIMEOUT_SECS: "1" } },
      async (system) => {
        await install(system);
        const { faults } = system.devnet.controls;
        faults.add({ target: "rpc", method: "send_tx", count: null, fault: { kind: "error", error: serverBusy } });
        faults.add({ target: "rpc", method: "chunk", count: null, fault: { kind: "error", error: unknownChunk } });
        const { body: begun } = await execute(system.rest(), {}, "late", 0);
        await system.rest().until(begun.request_id, ({ error_code }) => error_code === "outcome_unknown");
        const { rpc } = system.devnet.controls.counters.snapshot() as { rpc: Record<string, number> };
        const asked = rpc.chunk ?? 0;
        await system.rest().until(begun.request_id, () => {
          const now = system.devnet.controls.counters.snapshot() as { rpc: Record<string, number> };
          return (now.rpc.chunk ?? 0) > asked;
        });
        const record = await system.rest().record(begun.request_id);
        assert.deepEqual([record.status, record.direct_signed_transactions.length], ["submitting", 1]);
        assert.equal((await eventsOf(system, begun.request_id)).includes("transaction_dead"), false);
        faults.clear();
        assert.equal((await system.rest().ended(begun.request_id)).status, "succeeded");
        assert.equal(await count(system.devnet), 1);
      },
    ));

  it("a user who cannot pay for gas: waited for, with nothing signed that would never land", () =>
    withSystem({ shape }, async (system) => {
      await install(system);
      const { accounts, blocks } = system.devnet.controls;
      accounts.setBalance(scope.user_id, 10n ** 20n);
      blocks.mine({ blocks: 3 });
      const { body: begun } = await execute(system.rest(), {}, "poor", 0);
      const waiting = await system.rest().until(begun.request_id, ({ queue }) => queue !== null);
      assert.deepEqual([waiting.queue.waiting_for, waiting.direct_signed_transactions], ["balance_low", []]);
      accounts.setBalance(scope.user_id, 10n ** 24n);
      const record = await system.rest().ended(begun.request_id);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.equal(await count(system.devnet), 1);
    }));

  it("a user who never can: failed for that, with nothing sent", () =>
    withSystem({ shape, environment: { QUEUE_TIMEOUT_SECS: "1" } }, async (system) => {
      await install(system);
      system.devnet.controls.accounts.setBalance(scope.user_id, 10n ** 20n);
      system.devnet.controls.blocks.mine({ blocks: 3 });
      const { body } = await execute(system.rest());
      assert.deepEqual([body.status, body.error_code], ["failed", "balance_low"]);
      const text =
        "the balance of the user's account does not pay for the call's gas, for more than 1 s; nothing was sent";
      assert.equal(body.user_visible_error, text);
      assert.equal(calls(system).length, 0);
    }));

  it("a keystore that signs for a block of no chain: waited for, nothing sent", () =>
    withSystem({ shape, environment: { QUEUE_TIMEOUT_SECS: "1" } }, async (system) => {
      await install(system);
      system.devnet.controls.faults.add({
        target: "keystore",
        method: "/wallet/direct-user/sign-scoped-function-calls",
        count: null,
        fault: { kind: "server_error" },
      });
      const { body } = await execute(system.rest());
      assert.deepEqual([body.status, body.error_code], ["failed", "keystore_unavailable"]);
      assert.equal(calls(system).length, 0);
    }));

  it("events are told as of any other record", () =>
    withSystem({ shape }, async (system) => {
      await install(system);
      const { body } = await execute(system.rest());
      const response = await fetch(`${system.product.restUrl}/wallet/v1/workflows/${body.request_id}/events`, {
        headers: { authorization: `Bearer ${apiKey}` },
      });
      const text = await response.text();
      assert.equal([...text.matchAll(/^event: progress$/gm)].length, 7);
      assert.match(text, /"event":"direct_user_call_prepared","status":"submitting"/);
      assert.doesNotMatch(text, new RegExp(body.direct_signed_transactions[0].slice(0, 20)));
    }));
});
