import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { Devnet } from "../../src/devnet.ts";
import { accountNames } from "../../src/genesis.ts";
import { control, mineUntil, settle, withDevnet } from "./support.ts";

const { gate, verifier, relayer, wrap } = accountNames;

function view(devnet: Devnet, contract: string, method: string, args: unknown = {}): unknown {
  const { value } = devnet.chain.view().call(contract, method, Buffer.from(JSON.stringify(args)));
  return JSON.parse(Buffer.from(value).toString());
}

describe("the genesis", () => {
  it("has a gate with its relayer, approver and tiers", () =>
    withDevnet((devnet) => {
      assert.equal(view(devnet, gate, "get_owner"), "sequential.near");
      assert.equal(view(devnet, gate, "get_approver"), devnet.approver.accountId);
      assert.equal(view(devnet, gate, "is_relayer", { account_id: devnet.relayer.accountId }), true);
      assert.deepEqual(view(devnet, gate, "get_fee_tiers"), [
        [3, "30000000000000000000000"],
        [6, "50000000000000000000000"],
        [12, "60000000000000000000000"],
      ]);
    }));

  it("has three wallets with money, in the verifier too, and backed by the tokens", () =>
    withDevnet((devnet) => {
      assert.deepEqual(
        devnet.wallets.map(({ walletId }) => walletId),
        ["wallet-1", "wallet-2", "wallet-3"],
      );
      for (const { accountId, publicKey } of devnet.wallets) {
        const account = devnet.controls.accounts.get(accountId);
        assert.equal(account?.amount, 10n ** 25n);
        assert.deepEqual(
          account?.keys.map((key) => [key.publicKey, key.accessKey.permission.kind]),
          [[publicKey, "fullAccess"]],
        );
        const token_ids = ["nep141:wrap.near", "nep141:usdc.near"];
        const held = view(devnet, verifier, "mt_batch_balance_of", { account_id: accountId, token_ids });
        assert.deepEqual(held, [`${100n * 10n ** 24n}`, `${1_000n * 10n ** 6n}`]);
      }
      assert.equal(view(devnet, wrap, "ft_balance_of", { account_id: verifier }), `${300n * 10n ** 24n}`);
      assert.equal(view(devnet, "usdc.near", "ft_balance_of", { account_id: verifier }), `${3_000n * 10n ** 6n}`);
      assert.equal(devnet.controls.wallets.get("wallet-1").policy, undefined);
      assert.ok(devnet.controls.wallets.get("wallet-3").policy?.rules?.limits);
    }));

  it("has the same keys for the same seed, and others for another", async () => {
    const keys: string[] = [];
    for (const seed of ["one", "one", "two"]) {
      await withDevnet(
        (devnet) => {
          keys.push(devnet.relayer.secretKey);
        },
        { seed },
      );
    }
    assert.equal(keys[0], keys[1]);
    assert.notEqual(keys[0], keys[2]);
  });
});

describe("control over the verifier", () => {
  it("rotates and invalidates salts", () =>
    withDevnet(async (devnet) => {
      const { body: before } = await control(devnet, "GET /verifier");
      assert.match(before.current_salt, /^[0-9a-f]{8}$/);
      const { body: rotated } = await control(devnet, "POST /verifier/salt");
      assert.notEqual(rotated.current_salt, before.current_salt);
      const isValid = (salt: string) => view(devnet, verifier, "is_valid_salt", { salt });
      assert.deepEqual([isValid(before.current_salt), isValid(rotated.current_salt)], [true, true]);
      await control(devnet, "POST /verifier/invalidate-salts", { salts: [before.current_salt] });
      assert.deepEqual([isValid(before.current_salt), isValid(rotated.current_salt)], [false, true]);
      assert.equal((await control(devnet, "POST /verifier/salt", { salt: "0badcafe" })).body.current_salt, "0badcafe");
      assert.equal((await control(devnet, "POST /verifier/salt", { salt: "x" })).status, 400);
    }));

  it("sets the fee, locks accounts, and credits tokens that can be withdrawn", () =>
    withDevnet(async (devnet) => {
      assert.equal((await control(devnet, "POST /verifier/fee", { pips: 250 })).body.fee_pips, 250);
      assert.equal((await control(devnet, "POST /verifier/fee", { pips: 250 })).status, 200);
      const [wallet] = devnet.wallets;
      const account_id = wallet?.accountId ?? "";
      await control(devnet, "POST /verifier/lock", { account_id });
      assert.equal(view(devnet, verifier, "is_account_locked", { account_id }), true);
      await control(devnet, "POST /verifier/lock", { account_id, locked: false });
      assert.equal(view(devnet, verifier, "is_account_locked", { account_id }), false);
      const supply = BigInt(view(devnet, wrap, "ft_total_supply") as string);
      const credit = { account_id: "new.near", token_id: "nep141:wrap.near", amount: "5" };
      assert.deepEqual((await control(devnet, "POST /verifier/credit", credit)).body, { balance: "5" });
      assert.equal(BigInt(view(devnet, wrap, "ft_total_supply") as string), supply + 5n);
      const unbacked = await control(devnet, "POST /verifier/credit", { ...credit, token_id: "nep141:no.near" });
      assert.deepEqual(unbacked.body, { error: "there is no token contract behind nep141:no.near" });
      const key = { account_id: "new.near", public_key: wallet?.publicKey };
      await control(devnet, "POST /verifier/keys", key);
      assert.equal(view(devnet, verifier, "has_public_key", key), true);
      assert.equal((await control(devnet, "POST /verifier/keys", key)).status, 400);
    }));
});

describe("control over the gate", () => {
  it("changes what its owner may change, in the contract's own words where it may not", () =>
    withDevnet(async (devnet) => {
      const isRelayer = () => view(devnet, gate, "is_relayer", { account_id: relayer });
      await control(devnet, "POST /gate/relayers", { account_id: relayer, whitelisted: false });
      assert.equal(isRelayer(), false);
      await control(devnet, "POST /gate/relayers", { account_id: relayer });
      assert.equal(isRelayer(), true);
      await control(devnet, "POST /gate/approver", { account_id: "other.near" });
      assert.equal((await control(devnet, "GET /gate")).body.approver, "other.near");
      await control(devnet, "POST /gate/tiers", {
        tiers: [
          [1, "5"],
          [2, 7],
        ],
      });
      assert.deepEqual(view(devnet, gate, "get_fee_tiers"), [
        [1, "5"],
        [2, "7"],
      ]);
      const { status, body } = await control(devnet, "POST /gate/tiers", { tiers: [] });
      assert.deepEqual([status, body], [400, { error: "fee tiers must be non-empty" }]);
    }));

  it("has foreign intents pending", () =>
    withDevnet(async (devnet) => {
      const { body } = await control(devnet, "POST /gate/foreign-pending", { count: 2 });
      assert.equal(body.submissions.length, 2);
      devnet.controls.blocks.mine({ blocks: 2 });
      assert.deepEqual((await control(devnet, "GET /gate")).body.pending, ["0", "1"]);
      assert.equal((await control(devnet, "POST /gate/foreign-pending", { count: 0 })).status, 400);
    }));

  it("has a foreign chain in flight, which ends by itself", () =>
    withDevnet(async (devnet) => {
      const { done } = devnet.controls.gate.foreignChain(3);
      const { intentIds, resume } = await mineUntil(devnet, done);
      assert.deepEqual(intentIds, ["0", "1", "2"]);
      assert.ok(resume);
      assert.deepEqual(devnet.controls.gate.state.tail, ["1", "2"]);
      settle(devnet);
      assert.deepEqual(devnet.controls.gate.state.tail, []);
      assert.deepEqual(devnet.controls.gate.state.pending, []);
    }));

  it("has a tail that is stuck until it is reset", () =>
    withDevnet(async (devnet) => {
      await mineUntil(devnet, devnet.controls.gate.stickTail().done);
      settle(devnet);
      assert.deepEqual((await control(devnet, "GET /gate")).body.tail, ["0"]);
      await assert.rejects(mineUntil(devnet, devnet.controls.gate.foreignChain(1).done), /already in flight/);
      await control(devnet, "POST /gate/reset-tail");
      assert.deepEqual((await control(devnet, "GET /gate")).body.tail, []);
      await mineUntil(devnet, devnet.controls.gate.foreignChain(2).done);
    }));

  it("answers over HTTP when a foreign chain started, if it is asked to wait", () =>
    withDevnet(
      async (devnet) => {
        const { body } = await control(devnet, "POST /gate/foreign-chain", { length: 2, wait: true });
        assert.deepEqual(body.intent_ids, ["0", "1"]);
      },
      { blockTimeMs: 2 },
    ));

  it("tells those who wait for a foreign action that the devnet was closed", async () => {
    let waiting: Promise<unknown> = Promise.resolve();
    await withDevnet((devnet) => {
      waiting = devnet.controls.gate.foreignPending().done;
    });
    await assert.rejects(waiting, /the devnet was closed/);
  });
});

describe("control over wallets", () => {
  it("sets and takes back policies, and freezes", () =>
    withDevnet(async (devnet) => {
      const policy = { rules: { transaction_types: ["call"] } };
      const { body } = await control(devnet, "POST /wallets/wallet-1", { policy, frozen: true });
      assert.deepEqual([body.policy, body.frozen], [policy, true]);
      const cleared = await control(devnet, "POST /wallets/wallet-1", { policy: null, frozen: false });
      assert.deepEqual([cleared.body.policy, cleared.body.frozen], [null, false]);
      const other = await control(devnet, "GET /wallets/some-other");
      assert.match(other.body.account_id, /^[0-9a-f]{64}$/);
    }));
});
