import assert from "node:assert/strict";
import { recordSchema } from "@outlayer/workflow";
import { gateCalls, gateTrace, view } from "./support/chain-dump.ts";
import { describeShapes } from "./support/shapes.ts";
import { chainsRegister, dust, setRegister } from "./support/steps.ts";
import { type System, startSystem } from "./support/system.ts";

describeShapes("the gate lane, end to end", (shape) => {
  let system: System;
  /** How many of each had been there before this test. */
  let earlier = { calls: new Map<string, number>(), trace: 0, registered: [] as readonly number[], signed: 0 };
  before(async () => {
    system = await startSystem({ shape, environment: chainsRegister });
  });
  beforeEach(async () => {
    const { devnet } = system;
    const methods = ["submit_intent", "resume_batch_chained"];
    earlier = {
      calls: new Map(methods.map((method) => [method, gateCalls(devnet, method).length])),
      trace: gateTrace(devnet).length,
      registered: await register(),
      signed: signed(),
    };
  });
  after(() => system.stop());

  const register = async () => (await view(system.devnet, "register.near", "get")) as readonly number[];
  const signed = () => system.devnet.controls.counters.snapshot().keystore["/wallet/sign-nep413"] ?? 0;
  const calls = (method: string) => gateCalls(system.devnet, method).slice(earlier.calls.get(method));
  const registered = async () => (await register()).slice(earlier.registered.length);

  it("carries three dust transfers out in order and proves it", async () => {
    const [wallet] = system.devnet.wallets;
    const before = system.devnet.controls.verifier.balanceOf(wallet?.accountId ?? "", dust.token);
    const { status, body: record } = await system.rest().execute([dust, dust, dust], "dust-1");
    assert.equal(status, 200);
    assert.equal(record.status, "succeeded");
    assert.deepEqual(recordSchema.parse(record), record);
    assert.deepEqual(record.balance_deltas, { "nep141:wrap.near:intents": "-3000000000000000000" });
    assert.equal(
      before - system.devnet.controls.verifier.balanceOf(wallet?.accountId ?? "", dust.token),
      3_000_000_000_000_000_000n,
    );
    const views = record.balance_views["nep141:wrap.near:intents"];
    assert.deepEqual(
      [BigInt(views.before) - BigInt(views.after), views.ambiguous],
      [3_000_000_000_000_000_000n, false],
    );

    const heights: number[] = record.dispatch_block_heights;
    assert.deepEqual(
      heights.map((height) => height - (heights[0] ?? 0)),
      [0, 3, 6],
    );
    assert.deepEqual(
      record.dispatch_receipts.map(
        ({ block_height }: { block_height: number }, index: number) => block_height - (heights[index] ?? 0),
      ),
      [1, 1, 1],
    );
    assert.deepEqual(
      record.dispatch_receipts.map(({ intent_id }: { intent_id: string }) => intent_id),
      record.intent_ids,
    );
    for (const receipt of record.dispatch_receipts) {
      assert.deepEqual(
        [receipt.receiver_id, receipt.method_name, receipt.status, receipt.error],
        ["intents.near", "execute_intents", "success", null],
      );
      assert.equal(receipt.logs.length, 3);
    }
    assert.deepEqual(record.step_outcomes, Array(3).fill({ outcome: "succeeded", error: null, possible_until: null }));
    assert.deepEqual(
      [
        record.error_code,
        record.user_visible_error,
        record.queue,
        record.retry_after_ms,
        record.persisted_before_signing,
      ],
      [null, null, null, null, true],
    );
    assert.deepEqual(
      [record.proxy_predecessor, record.predecessor_model, record.ordering_model],
      [true, "gate", "gate_chained"],
    );
    assert.equal(record.signed_nep413_payloads.length, 3);
    assert.deepEqual(record.resume_tx_hashes, [record.resume_tx_hash]);
    assert.equal(record.fees.gate_fee_yocto, "30000000000000000000000");
    assert.ok(BigInt(record.fees.gas_burnt_yocto) > 0n);
  });

  it("answers the same request with the same record, and does nothing twice", async () => {
    const first = await system.rest().execute([dust, dust, dust], "dust-2");
    const second = await system.rest().execute([dust, dust, dust], "dust-2");
    assert.deepEqual(second.body, first.body);
    assert.equal(second.status, 200);
    assert.equal(calls("submit_intent").length, 3);
    assert.equal(calls("resume_batch_chained").length, 1);
  });

  it("replays the mainnet run of 2026-04-20: three register calls in the order asked for", async () => {
    const calls = [33, 11, 22].map(setRegister);
    const { status, body: record } = await system
      .rest()
      .post(
        "/sequential-batch",
        { gate_id: system.devnet.gateId, calls, idempotency_key: "register" },
        { prefer: "wait=15" },
      );
    assert.equal(status, 200, record.message);
    assert.deepEqual(await registered(), [33, 11, 22]);
    const [first = 0] = record.dispatch_block_heights;
    assert.deepEqual(record.dispatch_block_heights, [first, first + 3, first + 6]);

    const trace = gateTrace(system.devnet).slice(earlier.trace);
    const heightsOf = (ev: string) => trace.filter((event) => event.ev === ev).map(({ height }) => height - first);
    assert.deepEqual(heightsOf("batch_started"), [-1]);
    assert.deepEqual(heightsOf("intent_dispatched"), [0, 3, 6]);
    assert.deepEqual(heightsOf("chain_continued"), [2, 5]);
    assert.deepEqual(record.balance_deltas, {});
    assert.deepEqual(record.signed_nep413_payloads, []);
  });

  it("keeps the caller's order whatever the gate's ids are", async () => {
    const [resume] = calls("resume_batch_chained");
    assert.equal(resume, undefined);
    const { body: record } = await system
      .rest()
      .post(
        "/sequential-batch",
        { gate_id: system.devnet.gateId, calls: [1, 2, 3].map(setRegister) },
        { prefer: "wait=15" },
      );
    const [call] = calls("resume_batch_chained");
    const args = JSON.parse(Buffer.from(call?.transaction.actions[0]?.FunctionCall?.args ?? "", "base64").toString());
    assert.deepEqual(args.intent_ids, record.intent_ids);
    assert.deepEqual(await registered(), [1, 2, 3]);
  });

  it("makes one record and one batch of 50 concurrent POSTs with one key", async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => system.rest().execute([dust, dust, dust], "stampede")),
    );
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    assert.equal(new Set(answers.map(({ body }) => body.request_id)).size, 1);
    assert.equal(calls("submit_intent").length, 3);
    assert.equal(calls("resume_batch_chained").length, 1);
    assert.equal(signed() - earlier.signed, 3);
  });

  it("carries two wallets' workflows out, one after the other on the gate", async () => {
    const [one, two] = await Promise.all([
      system.rest("wallet-1").execute([dust, dust, dust]),
      system.rest("wallet-2").execute([dust, dust, dust]),
    ]);
    assert.deepEqual(
      [one.body.status, two.body.status],
      ["succeeded", "succeeded"],
      `${one.body.message} ${two.body.message}`,
    );
    const [a, b]: number[][] = [one.body.dispatch_block_heights, two.body.dispatch_block_heights].sort(
      (x, y) => x[0] - y[0],
    );
    assert.ok((a?.at(-1) ?? 0) <= (b?.[0] ?? 0), `chains overlap: ${a} and ${b}`);
    assert.equal(calls("resume_batch_chained").length, 2);
  });

  it("takes a lone call, and a chain of twelve", async () => {
    const lone = await system.rest().execute([dust]);
    assert.equal(lone.body.status, "succeeded", lone.body.message);
    const twelve = await system.rest().execute(Array(12).fill(dust), undefined, 30);
    assert.equal(twelve.body.status, "succeeded", twelve.body.message);
    assert.equal(twelve.body.fees.gate_fee_yocto, "60000000000000000000000");
    assert.equal(twelve.body.balance_deltas["nep141:wrap.near:intents"], "-12000000000000000000");
  });

  it("runs the views asked for after a batch", async () => {
    const checks = [
      { contract_id: "register.near", method_name: "get", expect: [...earlier.registered, 7] },
      { contract_id: "register.near", method_name: "get", expect: [...earlier.registered, 8] },
      { contract_id: "register.near", method_name: "nothing" },
    ];
    const { body: record } = await system
      .rest()
      .post(
        "/sequential-batch",
        { gate_id: system.devnet.gateId, calls: [setRegister(7)], post_batch_view_checks: checks },
        { prefer: "wait=15" },
      );
    const [right, wrong, missing] = record.post_batch_view_results;
    assert.deepEqual([right.result, right.matches, right.error], [[...earlier.registered, 7], true, null]);
    assert.equal(wrong.matches, false);
    assert.deepEqual([missing.result, missing.matches], [null, null]);
    assert.match(missing.error, /MethodNotFound|nothing/);
  });
});
