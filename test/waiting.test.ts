import assert from "node:assert/strict";
import { encodeBase58, keyPairFromSeed } from "@outlayer/near";
import { Actor } from "./support/actors.ts";
import { gateCalls, transactions } from "./support/chain-dump.ts";
import { describeShapes } from "./support/shapes.ts";
import { dust, registerStep, three } from "./support/steps.ts";
import { type System, withSystem } from "./support/system.ts";

/** The product learns late of what happened to its transactions, so that others are faster. */
function slowToSee({ devnet }: System, ms = 400): void {
  const fault = { kind: "delay", ms } as const;
  devnet.controls.faults.add({ target: "rpc", method: "EXPERIMENTAL_tx_status", count: null, fault });
}

/** Makes blocks no faster than the product takes notice of them. */
async function pass({ devnet }: System, blocks: number): Promise<void> {
  const { counters } = devnet.controls;
  for (let made = 0; made < blocks; made += 20) {
    const asked = counters.snapshot().rpc.block ?? 0;
    devnet.controls.blocks.mine({ blocks: 20 });
    while ((counters.snapshot().rpc.block ?? 0) < asked + 22) await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function pendingOnGate({ devnet }: System, count: number): Promise<readonly string[]> {
  while (devnet.controls.gate.state.pending.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
  return [...devnet.controls.gate.state.pending];
}

const sent = ({ devnet }: System) => devnet.controls.counters.snapshot().rpc.send_tx ?? 0;

/** Waits until that many transactions have been handed in. */
async function sends(system: System, count: number): Promise<void> {
  while (sent(system) < count) await new Promise((resolve) => setTimeout(resolve, 5));
}

describeShapes("a workflow that is on the gate already", (shape) => {
  it("is resumed once a chain of somebody else's that came in between is through", () =>
    withSystem({ shape }, async (system) => {
      slowToSee(system);
      const requestId = await system.rest().begin(three);
      await pendingOnGate(system, 3);
      await system.devnet.controls.gate.foreignChain(12).done;
      system.devnet.controls.faults.clear();
      const record = await system.rest().ended(requestId);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.equal(record.resume_tx_hashes.length, 1);
    }));

  it("is not resumed again and again when somebody else dispatched its intent (rule: missing-intent-is-looked-up)", () =>
    withSystem({ shape }, async (system) => {
      const { devnet } = system;
      const other = keyPairFromSeed(new Uint8Array(32).fill(9));
      devnet.controls.accounts.addKey(devnet.approver.accountId, other.publicKey, { kind: "fullAccess" });
      slowToSee(system);
      const requestId = await system.rest().begin([registerStep(1)]);
      const [intent_id = ""] = await pendingOnGate(system, 1);
      await new Actor(devnet, devnet.approver.accountId, other).call({
        receiverId: devnet.gateId,
        methodName: "resume_intent",
        args: { intent_id, approve: true },
        deposit: 30_000_000_000_000_000_000_000n,
        gas: 100_000_000_000_000n,
      });
      devnet.controls.faults.clear();
      const record = await system.rest().ended(requestId);
      assert.equal(record.status, "succeeded", record.user_visible_error);
      assert.equal(record.resume_tx_hash, null);
      assert.ok(gateCalls(devnet, "resume_intent").length <= 2, "one resume of ours at most met nothing");
    }));
});

describeShapes("a node that takes longer than a block over each answer", (shape) => {
  it("does not keep what got lost from being sent again", () =>
    withSystem({ shape }, async (system) => {
      slowToSee(system, 100);
      system.devnet.controls.faults.add({ target: "rpc", method: "send_tx", count: 1, fault: { kind: "reset" } });
      const record = await system.rest().ended(await system.rest().begin([dust]));
      assert.equal(record.status, "succeeded", record.user_visible_error);
    }));
});

describeShapes("a workflow waits no longer than QUEUE_TIMEOUT_SECS (rule: blocked-workflow-waits-so-long)", (shape) => {
  it("for a keystore that allows and never signs, and may have: until that is dead", () =>
    withSystem({ shape, environment: { QUEUE_TIMEOUT_SECS: "2", INTENTS_DEADLINE_SECS: "6" } }, async (system) => {
      const fault = { kind: "server_error" } as const;
      system.devnet.controls.faults.add({ target: "keystore", method: "/wallet/sign-nep413", count: null, fault });
      const requestId = await system.rest().begin(three);
      const record = await system.rest().ended(requestId);
      assert.deepEqual([record.status, record.error_code], ["failed", "keystore_unavailable"]);
      assert.equal(gateCalls(system.devnet, "submit_intent").length, 0);
    }));

  it("for a balance that is too low, with others that wait for it too", () =>
    withSystem({ shape, environment: { QUEUE_TIMEOUT_SECS: "2" } }, async (system) => {
      const { relayer, controls } = system.devnet;
      controls.accounts.setBalance(relayer.accountId, 10n ** 23n);
      controls.blocks.mine({ blocks: 3 });
      const wallets = ["wallet-1", "wallet-2", "wallet-1"];
      const ids = await Promise.all(wallets.map((wallet) => system.rest(wallet).begin(three)));
      for (const [index, requestId] of ids.entries()) {
        const record = await system.rest(wallets[index]).ended(requestId);
        assert.deepEqual([record.status, record.error_code], ["failed", "balance_low"]);
      }
    }));
});

describeShapes("several keys of an account", (shape) => {
  const secretOf = (seed: Uint8Array) => `ed25519:${encodeBase58(seed)}`;

  for (const who of ["relayer", "approver"] as const) {
    it(`of the ${who}: one that is not on the account is left out`, () =>
      withSystem({ shape }, async (system) => {
        const { secretKey } = system.devnet[who];
        const strange = secretOf(new Uint8Array(32).fill(5));
        await system.restart({ [`${who.toUpperCase()}_SECRET_KEY`]: `${strange},${secretKey}` });
        const { body: record } = await system.rest().execute(three);
        assert.equal(record.status, "succeeded", JSON.stringify(record.queue));
      }));

    it(`of the ${who}: one that is taken off the account on the way is replaced by the other`, () =>
      withSystem({ shape }, async (system) => {
        const { devnet } = system;
        const seed = new Uint8Array(32).fill(6);
        const first = keyPairFromSeed(seed);
        const { accountId, secretKey } = devnet[who];
        devnet.controls.accounts.addKey(accountId, first.publicKey, { kind: "fullAccess" });
        devnet.controls.blocks.mine({ blocks: 3 });
        await system.restart({ [`${who.toUpperCase()}_SECRET_KEY`]: `${secretOf(seed)},${secretKey}` });
        assert.equal((await system.rest().execute([dust])).body.status, "succeeded");
        // Everything that the key has signed is handed in and not in a block yet.
        devnet.controls.blocks.stop();
        const before = sent(system);
        const requestId = await system.rest().begin(three);
        await sends(system, before + 3);
        if (who === "approver") {
          devnet.controls.blocks.mine({ blocks: 2 });
          await sends(system, before + 4);
        }
        devnet.controls.accounts.deleteKey(accountId, first.publicKey);
        devnet.controls.blocks.go();
        const record = await system.rest().ended(requestId);
        assert.equal(record.status, "succeeded", record.user_visible_error);
        assert.equal(gateCalls(devnet, "submit_intent").length, 4);
      }));

    it(`of the ${who}: one that somebody else has used is not used again, and the other is (rule: foreign-nonce-retires-the-key)`, () =>
      withSystem({}, async (system) => {
        const { devnet } = system;
        const seed = new Uint8Array(32).fill(6);
        const first = keyPairFromSeed(seed);
        const { accountId, secretKey } = devnet[who];
        devnet.controls.accounts.addKey(accountId, first.publicKey, { kind: "fullAccess" });
        devnet.controls.blocks.mine({ blocks: 3 });
        await system.restart({ [`${who.toUpperCase()}_SECRET_KEY`]: `${secretOf(seed)},${secretKey}` });
        assert.equal((await system.rest().execute([dust])).body.status, "succeeded");
        const signedByFirst = () =>
          transactions(devnet).filter((each) => each.transaction.public_key === first.publicKey).length;
        const before = signedByFirst();
        assert.ok(before > 0, "it is the first to be used");
        // Long enough for whatever a broadcaster before could have sent to have come.
        await pass(system, 220);
        // Our own, however many there are, are nobody else's.
        const { body: later } = await system.rest().execute([dust]);
        assert.equal(later.status, "succeeded", JSON.stringify(later));
        const own = signedByFirst();
        assert.ok(own > before, "a gap in time is no reason");
        const stranger = new Actor(devnet, accountId, first);
        await stranger.call({ receiverId: devnet.gateId, methodName: "get_owner", args: {} });
        devnet.controls.blocks.mine({ blocks: 3 });
        const { body: record } = await system.rest().execute([dust]);
        assert.equal(record.status, "succeeded", record.user_visible_error);
        assert.equal(signedByFirst(), own + 1, "the stranger's alone");
        const said = "somebody else uses this key: nothing is signed with it any more";
        assert.equal(system.logs.filter((line) => line.includes(said)).length, 1);
      }));
  }
});
