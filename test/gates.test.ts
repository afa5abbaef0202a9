import assert from "node:assert/strict";
import { directUserPartitions } from "@outlayer/workflow";
import { gateTrace, transactions } from "./support/chain-dump.ts";
import { execute, install } from "./support/direct-user.ts";
import { type SystemOfGates, startWithGates } from "./support/gates.ts";
import { samplesOf, scrape } from "./support/scraped.ts";
import { describeShapes } from "./support/shapes.ts";
import { dust, setRegister, three } from "./support/steps.ts";

const dispatchedAt = ({ system }: SystemOfGates, gateId: string) =>
  gateTrace(system.devnet, gateId).filter(({ ev }) => ev === "intent_dispatched").length;

/** Executes a batch of one call of wallet-1 at a gate. */
const batch = ({ system }: SystemOfGates, gate_id: string, idempotency_key: string, waitSeconds = 15) =>
  system
    .rest()
    .post(
      "/sequential-batch",
      { gate_id, idempotency_key, calls: [setRegister(1)] },
      { prefer: `wait=${waitSeconds}` },
    );

/** Wallets that the devnet's keystore has not heard of until they are asked for have nothing; these have tokens. */
const walletIds = Array.from({ length: 8 }, (_, index) => `wallet-of-gates-${index}`);

describeShapes("several gates", (shape) => {
  let gates: SystemOfGates;

  before(async () => {
    const genesis = { wallets: [...walletIds, "wallet-1"].map((walletId) => ({ walletId })) };
    gates = await startWithGates(3, {}, { shape, devnet: { genesis } });
  });
  after(() => gates.stop());

  it("carry each workflow at the one gate that its record names, and a wallet keeps its gate (rule: a-workflow-keeps-its-gate)", async () => {
    const { system, gateIds } = gates;
    const all = walletIds.flatMap((walletId) => [walletId, walletId]);
    const records = await Promise.all(
      all.map(async (walletId) => (await system.rest(walletId).execute([dust, dust], undefined, 30)).body),
    );
    const chosen = new Map<string, Set<string>>();
    for (const record of records) {
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.ok(gateIds.includes(record.gate_id), record.gate_id);
      chosen.set(record.wallet_id, (chosen.get(record.wallet_id) ?? new Set()).add(record.gate_id));
      const [hash] = record.submit_tx_hashes;
      const submission = transactions(system.devnet).find(({ transaction }) => transaction.hash === hash);
      assert.equal(submission?.transaction.receiver_id, record.gate_id);
    }
    for (const [walletId, used] of chosen) assert.equal(used.size, 1, `${walletId} at ${[...used]}`);
    assert.ok(new Set(records.map(({ gate_id }) => gate_id)).size > 1, "they do not all have the same gate");
    for (const gateId of gateIds) {
      const own = records.filter(({ gate_id }) => gate_id === gateId).length;
      assert.equal(dispatchedAt(gates, gateId), 2 * own, gateId);
    }
  }).timeout(60_000);

  it("are each looked at by the plans and preflights of their own wallets", async () => {
    const { system, gateIds } = gates;
    const { controls, relayer } = system.devnet;
    controls.gate.setRelayer(relayer.accountId, false);
    controls.blocks.mine({ blocks: 3 });
    const seen = await Promise.all(
      walletIds.map(async (walletId) => {
        const rest = system.rest(walletId);
        const [plan, preflight] = [
          await rest.post("/workflows/plan", { steps: [dust] }),
          await rest.post("/workflows/preflight", { steps: [dust] }),
        ];
        assert.equal(preflight.body.plan.gate_id, plan.body.gate_id);
        return [plan.body.gate_id, preflight.body.abort_reasons] as const;
      }),
    );
    controls.gate.setRelayer(relayer.accountId, true);
    controls.blocks.mine({ blocks: 3 });
    for (const [gateId, reasons] of seen) {
      assert.deepEqual(reasons, gateId === gateIds[0] ? ["relayer_whitelisted"] : [], gateId);
    }
    assert.ok(seen.some(([gateId]) => gateId === gateIds[0]) && seen.some(([gateId]) => gateId !== gateIds[0]));
  });

  it("carry a batch at the gate that it names, and refuse one that names another", async () => {
    const { gateIds } = gates;
    for (const gate_id of gateIds) {
      const before = dispatchedAt(gates, gate_id);
      const { body } = await batch(gates, gate_id, `at ${gate_id}`);
      assert.deepEqual([body.status, body.gate_id], ["succeeded", gate_id], body.user_visible_error);
      assert.equal(dispatchedAt(gates, gate_id), before + 1);
    }
    const { body } = await batch(gates, "gate-9.sequential.near", "at another's");
    assert.deepEqual(
      [body.status, body.gate_id, body.user_visible_error],
      ["rejected", null, `gate_id must be ${gateIds.join(" or ")}`],
    );
  });

  it("leave a user's calls to the partition of all users", async () => {
    const { system } = gates;
    await install(system);
    const { body } = await execute(system.rest(), {}, "beside gates");
    assert.deepEqual([body.status, body.gate_id], ["succeeded", null], body.user_visible_error);
  });

  it("are each driven by one broadcaster", async () => {
    const { system, gateIds } = gates;
    const samples = samplesOf(await scrape(system.product.http.broadcaster), "lease_held");
    const partitions = [...gateIds.map((gateId) => `gate:${gateId}`), ...directUserPartitions];
    assert.deepEqual(
      samples,
      partitions.map((partition) => ({ labels: `partition="${partition}"`, value: 1 })),
    );
  });

  it("take nothing new while they are drained, finish what they have, and are let go", async () => {
    const { system, gateIds, variables } = gates;
    const rest = system.rest();
    const [first = ""] = gateIds;
    const { blocks } = system.devnet.controls;
    // No block is made from before the batch until after the restart: it cannot end in between.
    blocks.stop();
    const started = await batch(gates, first, "before it is drained", 0);
    await system.restart(variables([0, 1, 2], { 0: { drain: true } }));
    const refused = await batch(gates, first, "while it is drained");
    assert.deepEqual([refused.status, refused.headers.get("retry-after") !== null], [503, true]);
    assert.match(refused.body.message, /gate gate\.sequential\.near is drained and takes nothing new/);
    const again = await batch(gates, first, "before it is drained", 0);
    assert.deepEqual([again.status, again.body.request_id], [202, started.body.request_id]);
    blocks.go();
    assert.equal((await rest.ended(started.body.request_id)).status, "succeeded");
    const records = await Promise.all(
      walletIds.map(async (id) => (await system.rest(id).execute([dust], undefined, 30)).body),
    );
    for (const { status, gate_id } of records) assert.deepEqual([status, gate_id === first], ["succeeded", false]);
    await system.restart(variables([1, 2]));
    const { body } = await batch(gates, first, "after it was let go");
    assert.equal(body.user_visible_error, `gate_id must be ${gateIds.slice(1).join(" or ")}`);
    const { body: other } = await rest.execute(three);
    assert.deepEqual([other.status, other.gate_id === first], ["succeeded", false], other.user_visible_error);
  }).timeout(90_000);
});
