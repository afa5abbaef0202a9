import assert from "node:assert/strict";
import { allowance, calls, count, execute, install, keyStatus, scope } from "./support/direct-user.ts";
import { eventsOf } from "./support/history.ts";
import { describeShapes } from "./support/shapes.ts";
import { type System, startSystem, withSystem } from "./support/system.ts";

describeShapes("the direct-user lane: the call", (shape) => {
  it("counts once, and proves that the user did it", () =>
    withSystem({ shape }, async (system) => {
      const publicKey = await install(system);
      const { status, body: record } = await execute(system.rest(), {}, "proof");
      assert.equal(status, 200, record.message);
      assert.deepEqual(
        [record.endpoint, record.status, record.error_code, record.user_visible_error],
        ["direct_user_function_call", "succeeded", null, null],
      );
      assert.deepEqual(
        [record.proxy_predecessor, record.predecessor_model, record.ordering_model],
        [false, "user", "single_tx_atomic"],
      );
      const [call] = calls(system);
      assert.equal(calls(system).length, 1);
      const { receipt_id, block_height, ...evidence } = record.direct_user_evidence;
      assert.deepEqual(evidence, {
        public_key: publicKey,
        key_label: "outlayer:wallet-1:direct-user-fc:mike.sequential.near:count.mike.near:v1",
        tx_hash: call?.transaction.hash,
        count_before: 0,
        count_after: 1,
        ambiguous: false,
      });
      assert.match(receipt_id, /^[1-9A-HJ-NP-Za-km-z]{43,44}$/);
      assert.ok(block_height > 200_000_000);
      assert.deepEqual(record.direct_user_scope, scope);
      assert.equal(record.direct_signed_transactions.length, 1);
      assert.deepEqual(
        [record.submit_tx_hashes, record.intent_ids, record.step_outcomes, record.signed_nep366_delegates],
        [[], [], [], []],
      );
      assert.ok(BigInt(record.fees.gas_burnt_yocto) > 0n);
      assert.deepEqual(await eventsOf(system, record.request_id), [
        "opened",
        "taken",
        "policy_allowed",
        "direct_user_call_prepared",
        "direct_user_call_resolved",
        "direct_user_call_measured",
        "ended",
      ]);
      const read = await system.rest().get(`/direct-user/function-call/${record.request_id}`);
      assert.deepEqual([read.status, read.body], [200, record]);
      assert.equal(record.status_url, `/wallet/v1/direct-user/function-call/${record.request_id}`);
      const left = (await keyStatus(system.rest())).body.allowance_yocto;
      assert.ok(BigInt(left) < allowance, "gas was paid from the key's allowance");
    }));

  it("counts once however often it is sent under one key", () =>
    withSystem({ shape }, async (system) => {
      await install(system);
      const answers = await Promise.all(Array.from({ length: 30 }, () => execute(system.rest(), {}, "once")));
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
      assert.equal(new Set(answers.map(({ body }) => body.request_id)).size, 1);
      const [first] = answers;
      assert.deepEqual((await execute(system.rest(), {}, "once")).body, first?.body);
      assert.equal(await count(system.devnet), 1);
      const other = await execute(system.rest(), { gas: "20000000000000" }, "once");
      assert.equal(other.status, 409);
      assert.equal(
        other.body.message,
        `idempotency key was already used with another request (request ${first?.body.request_id})`,
      );
    }));

  it("three calls under keys of their own count three times, one after the other", () =>
    withSystem({ shape }, async (system) => {
      await install(system, { allowance: 10n ** 24n });
      const answers = await Promise.all(["a", "b", "c"].map((key) => execute(system.rest(), {}, key)));
      assert.deepEqual(
        answers.map(({ body }) => [body.status, body.direct_user_evidence.ambiguous]),
        Array(3).fill(["succeeded", false]),
      );
      assert.equal(await count(system.devnet), 3);
      const counts = answers.map(({ body }) => body.direct_user_evidence.count_after);
      assert.deepEqual(counts.toSorted(), [1, 2, 3]);
    }));

  it("of another wallet, or that never was, is the same 404", () =>
    withSystem({ shape }, async (system) => {
      await install(system);
      const { body } = await execute(system.rest());
      for (const id of [body.request_id, "0192f3c0-7c1e-7000-8000-0000000000ff"]) {
        const { status, body: answer } = await system.rest("wallet-2").get(`/direct-user/function-call/${id}`);
        assert.deepEqual([status, answer.message], [404, `direct user function call request ${id} was not found`]);
      }
    }));
});

describeShapes("the direct-user lane: what is refused, and leaves no record", (shape) => {
  let system: System;
  before(async () => {
    system = await startSystem({ shape });
    await install(system);
  });
  after(async () => {
    assert.equal(calls(system).length, 0);
    await system.stop();
  });

  const rows: readonly [body: object, message: string][] = [
    [{ deposit: "1" }, 'deposit must be "0": a scoped key cannot attach any'],
    [{ method_name: "reset" }, "method_name must be one of increase"],
    [{ gas: "0" }, "gas must be a decimal string greater than zero"],
    [{ gas: "3e13" }, "gas must be a decimal string greater than zero"],
    [{ gas: "300000000000001" }, "gas must be at most 300000000000000"],
    [{ args_json: "{" }, "args_json is not JSON"],
    [{ gas: 30 }, "invalid workflow JSON: gas must be a string"],
    [{ signed_tx_base64: "AA==" }, "wallet workflow must not include raw signing field signed_tx_base64 at $"],
  ];
  for (const [body, message] of rows) {
    it(`${JSON.stringify(body)}: ${message}`, async () => {
      const { status, body: answer } = await execute(system.rest(), body, "refused");
      assert.deepEqual([status, answer.message, answer.request_id], [400, message, undefined]);
    });
  }

  it("a policy denial, which has a record, and no signature", async () => {
    system.devnet.controls.wallets.setPolicy("wallet-1", {
      rules: { addresses: { mode: "blacklist", list: ["count.mike.near"] } },
    });
    const { status, body } = await execute(system.rest());
    system.devnet.controls.wallets.setPolicy("wallet-1", undefined);
    assert.deepEqual(
      [status, body.status, body.error_code, body.user_visible_error],
      [400, "policy_denied", "policy_denied", "policy denied before signing: Address 'count.mike.near' is blacklisted"],
    );
    assert.deepEqual([body.predecessor_model, body.direct_signed_transactions], ["none", []]);
  });

  it("a contract without a count, before anything is signed", () =>
    withSystem({ shape }, async (other) => {
      await install(other);
      const view = {
        kind: "error",
        error: { name: "HANDLER_ERROR", cause: { name: "CONTRACT_EXECUTION_ERROR" } },
      } as const;
      other.devnet.controls.faults.add({ target: "rpc", method: "query:call_function", count: null, fault: view });
      const { body } = await execute(other.rest());
      assert.deepEqual(
        [body.status, body.error_code, body.user_visible_error],
        ["failed", "count_unreadable", "count.mike.near gives no count; nothing was sent"],
      );
      assert.equal(calls(other).length, 0);
    }));
});

describeShapes("the direct-user lane: in plans", (shape) => {
  it("a step that must come from the user names the lane", () =>
    withSystem({ shape }, async (system) => {
      const step = { kind: "near.function_call", predecessor_requirement: "user_required", ...scope };
      const { body } = await system.rest().post("/workflows/plan", { steps: [step] });
      assert.deepEqual(body.setup_requirements, [
        {
          step: 0,
          requirement:
            "steps[0] must come from the user's own account: use the direct-user lane, POST /wallet/v1/direct-user/function-call/execute",
          route: "POST /wallet/v1/direct-user/function-call/execute",
        },
      ]);
    }));
});
