import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { type SystemOfGates, startWithGates } from "./support/gates.ts";
import { describeShapes } from "./support/shapes.ts";
import { dust, setRegister } from "./support/steps.ts";

const near = 10n ** 24n;
/** Wallets enough that each gate has some. */
const walletIds = Array.from({ length: 8 }, (_, index) => `wallet-of-gates-${index}`);

describeShapes("a gate that carries nothing", (shape) => {
  let gates: SystemOfGates;
  let [first, second] = ["", ""];
  /** A wallet whose gate is the first one, and one whose gate is the second. */
  let [mine, other] = ["", ""];

  const gateOf = async (walletId: string): Promise<string> =>
    (await gates.system.rest(walletId).post("/workflows/plan", { steps: [dust] })).body.gate_id;
  /** Asks rarely: plans are counted. */
  const untilGateIs = async (gateId: string, walletId: string) => {
    for (let tries = 0; (await gateOf(walletId)) !== gateId; tries += 1) {
      assert.ok(tries < 40, `${walletId} waits for ${gateId}`);
      await setTimeout(1_000);
    }
  };

  before(async () => {
    const genesis = { wallets: walletIds.map((walletId) => ({ walletId })) };
    // Short, so that what is said of the gates is soon heard.
    gates = await startWithGates(2, {}, { shape, devnet: { genesis }, environment: { LEASE_SECS: "2" } });
    [first = "", second = ""] = gates.gateIds;
    const chosen = await Promise.all(walletIds.map(async (id) => [id, await gateOf(id)] as const));
    const walletAt = (gateId: string) => chosen.find(([, at]) => at === gateId)?.[0] ?? "";
    [mine, other] = [walletAt(first), walletAt(second)];
    assert.ok(mine !== "" && other !== "");
  });
  after(() => gates.stop());

  /** New workflows of the wallet go to the other gate, until `end` has the first one carry again. */
  async function passesBy(waiting: string, key: string, end: () => void): Promise<void> {
    const { system } = gates;
    await untilGateIs(second, mine);
    assert.equal(await system.rest(mine).begin([dust, dust], key), waiting, "a request made again is what it was");
    const { body } = await system.rest(mine).execute([dust, dust], undefined, 30);
    assert.deepEqual([body.status, body.gate_id], ["succeeded", second], body.user_visible_error);
    assert.equal(await gateOf(other), second, "a wallet of the other gate stays there");
    const preflight = await system.rest(mine).post("/workflows/preflight", { steps: [dust] });
    assert.deepEqual([preflight.body.ready, preflight.body.plan.gate_id], [true, second]);
    // What names the gate stays with it, and so does what was there before.
    const batch = { gate_id: first, calls: [setRegister(1), setRegister(2)] };
    const named = await system.rest(mine).post("/sequential-batch", batch, { prefer: "wait=0" });
    assert.equal(named.body.gate_id, first);
    end();
    for (const requestId of [waiting, named.body.request_id]) {
      const record = await system.rest(mine).ended(requestId);
      assert.deepEqual([record.status, record.gate_id], ["succeeded", first], record.user_visible_error);
    }
    await untilGateIs(first, mine);
    const { body: back } = await system.rest(mine).execute([dust, dust], undefined, 30);
    assert.deepEqual([back.status, back.gate_id], ["succeeded", first], back.user_visible_error);
  }

  it("gets nothing new while its relayer is short, until that has NEAR again (rule: stuck-gate-gets-nothing-new)", async () => {
    const { devnet, rest } = gates.system;
    const { accounts, blocks } = devnet.controls;
    accounts.setBalance(devnet.relayer.accountId, near / 100n);
    // An admission goes by the final block, and two are not final.
    blocks.mine({ blocks: 3 });
    const waiting = await rest(mine).begin([dust, dust], "short");
    await rest(mine).until(waiting, ({ queue }) => queue?.waiting_for === "balance_low");
    await passesBy(waiting, "short", () => accounts.setBalance(devnet.relayer.accountId, 100n * near));
  });

  it("gets nothing new while its tail is stuck, until its owner resets that", async () => {
    const { devnet, rest } = gates.system;
    const { gate, keystore } = devnet.controls;
    // The gate is its own before anybody can know that it is stuck.
    keystore.setReadiness("not_ready");
    const waiting = await rest(mine).begin([dust, dust], "stuck");
    await gate.stickTail().done;
    keystore.setReadiness("ready");
    await rest(mine).until(waiting, ({ queue }) => queue?.waiting_for === "gate_stuck");
    await passesBy(waiting, "stuck", () => gate.resetTail());
  });
});
