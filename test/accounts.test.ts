import assert from "node:assert/strict";
import { keyPairFromSeed } from "@outlayer/near";
import { deserialize } from "borsh";
import { SCHEMA, type Transaction } from "near-api-js";
import { Actor } from "./support/actors.ts";
import { makeFinal } from "./support/on-chain.ts";
import { describeShapes } from "./support/shapes.ts";
import { type System, startSystem, withSystem } from "./support/system.ts";

const nina = "nina.near";
const [first, second] = [1, 2].map((seed) => keyPairFromSeed(new Uint8Array(32).fill(seed)));
const token = "nep141:wrap.near";
const p256Key = "p256:2dM4Zs5myzhEzY3v33st2VTH7A6pRzFQrivzrzc6whVGbqAXQzGgekMyxhEbtn551Ug3ttNanR8v1qxg6Ujqagmy";

/** A transaction as the API writes it for wallets. */
interface Written {
  readonly receiverId: string;
  readonly actions: readonly [{ readonly params: { methodName: string; args: object; gas: string; deposit: string } }];
}

/** Sends exactly what the API told the account to send. */
async function send(
  system: System,
  key: typeof first,
  { receiverId, actions }: Written,
  signerId = nina,
): Promise<void> {
  const { methodName, args, gas, deposit } = actions[0].params;
  await new Actor(system.devnet, signerId, key).call({
    receiverId,
    methodName,
    args,
    gas: BigInt(gas),
    deposit: BigInt(deposit),
  });
  makeFinal(system);
}

describeShapes("accounts and keys", (shape) => {
  let system: System;
  before(async () => {
    system = await startSystem({ shape });
  });
  after(() => system.stop());

  const read = async (path: string) => {
    const { status, body } = await system.rest().get(`/accounts/${path}`);
    assert.equal(status, 200, body.message);
    return body;
  };

  it("tell a named account what to send, show its key, then show the key as stale, until it is removed", async () => {
    assert(first && second);
    const { accounts, verifier } = system.devnet.controls;
    const absent = await read(nina);
    assert.deepEqual([absent.kind, absent.exists_on_near, absent.registration], ["named", false, null]);
    assert.equal(absent.message, "nina.near is not on NEAR: whoever creates it holds what is paid to it");

    accounts.setBalance(nina, 10n ** 24n);
    accounts.addKey(nina, first.publicKey, { kind: "fullAccess" });
    verifier.credit(nina, token, 7n);
    makeFinal(system);
    const unclaimed = await read(`${nina}?token_id=wrap.near`);
    assert.deepEqual([unclaimed.keys, unclaimed.keys_total, unclaimed.balances], [[], 0, { [token]: "7" }]);
    assert.match(unclaimed.message, /^no key is registered: it can be paid/);
    const params = { args: { public_key: first.publicKey }, gas: "100000000000000", deposit: "1" };
    const actions = [{ type: "FunctionCall", params: { methodName: "add_public_key", ...params } }];
    const { wallet_link, ...registration } = unclaimed.registration;
    const link = new URL(wallet_link);
    assert.deepEqual([link.origin, link.pathname], ["https://wallet.example", "/sign"]);
    const inLink = Buffer.from(link.searchParams.get("transactions") ?? "", "base64");
    const { signerId, receiverId, actions: asked } = deserialize(SCHEMA.Transaction, inLink) as Transaction;
    const { methodName, args, gas, deposit } = asked[0]?.functionCall ?? {};
    assert.deepEqual(
      [signerId, receiverId, methodName, gas, deposit],
      [nina, "intents.near", "add_public_key", 10n ** 14n, 1n],
    );
    assert.equal(Buffer.from(args ?? []).toString(), `{"public_key":"${first.publicKey}"}`);
    assert.deepEqual(registration, {
      transaction: { signerId: nina, receiverId: "intents.near", actions },
      command: `near contract call-function as-transaction intents.near add_public_key json-args '{"public_key":"${first.publicKey}"}' prepaid-gas '100 Tgas' attached-deposit '1 yoctoNEAR' sign-as nina.near network-config mainnet`,
    });

    await send(system, first, unclaimed.registration.transaction);
    const key = { public_key: first.publicKey, registered: true, on_near: "full_access", stale: false };
    const claimed = await read(nina);
    assert.deepEqual([claimed.keys, claimed.registration], [[key], null]);
    assert.deepEqual((await read(`${nina}/stale-keys`)).stale_keys, []);

    accounts.addKey(nina, second.publicKey, { kind: "fullAccess" });
    accounts.deleteKey(nina, first.publicKey);
    makeFinal(system);
    const after = await read(`${nina}?public_key=${second.publicKey}`);
    assert.deepEqual(after.keys, [{ ...key, on_near: "absent", stale: true }]);
    assert.deepEqual(after.asked_key, { ...key, public_key: second.publicKey, registered: false });
    assert.equal(after.registration.transaction.actions[0].params.args.public_key, second.publicKey);
    const { stale_keys, stale_total } = await read(`${nina}/stale-keys`);
    assert.equal(stale_total, 1);
    const removalStep = { kind: "intents.remove_public_key", public_key: first.publicKey };
    assert.deepEqual(stale_keys[0].removal_step, removalStep);

    await send(system, second, stale_keys[0].removal.transaction);
    assert.deepEqual((await read(`${nina}/stale-keys`)).stale_keys, []);
    assert.deepEqual((await read(nina)).keys, []);
  });

  it("tell a deterministic account with a full access key on NEAR what to send", async () => {
    assert(first);
    const deterministic = "0s2f1cd8a3a2b4b8a6d0d5a4b0a3a0a6c5d4e3f201";
    const absent = await read(deterministic);
    assert.deepEqual([absent.kind, absent.exists_on_near, absent.registration], ["deterministic", false, null]);
    assert.match(absent.message, /is not on NEAR: what is paid to it is for the contract that it is derived from$/);

    const { accounts } = system.devnet.controls;
    accounts.setBalance(deterministic, 10n ** 24n);
    accounts.addKey(deterministic, first.publicKey, { kind: "fullAccess" });
    makeFinal(system);
    const unclaimed = await read(deterministic);
    assert.match(unclaimed.message, /^no key is registered: it can be paid/);
    const { transaction } = unclaimed.registration;
    assert.equal(transaction.signerId, deterministic);
    await send(system, first, transaction, deterministic);
    const claimed = await read(deterministic);
    const key = { public_key: first.publicKey, registered: true, on_near: "full_access", stale: false };
    assert.deepEqual([claimed.keys, claimed.registration], [[key], null]);
    assert.equal(claimed.message, "it signs intents with each of its keys");
  });

  it("know a wallet's implicit account, whose own key needs no registration", async () => {
    const wallet = system.devnet.wallets[0];
    assert(wallet);
    const found = await read(`${wallet.accountId}?public_key=${wallet.publicKey}`);
    assert.deepEqual([found.kind, found.asked_key.registered, found.registration], ["implicit_near", true, null]);
    assert.equal(found.asked_key.stale, false);
  });

  it("say of a locked account that it receives and does nothing else", async () => {
    system.devnet.controls.verifier.setLocked("mike.near", true);
    makeFinal(system);
    const found = await read("mike.near");
    assert.deepEqual([found.locked, found.registration], [true, null]);
    assert.match(found.message, /locked mike.near/);
    system.devnet.controls.verifier.setLocked("mike.near", false);
  });

  it("count no key as stale that NEAR cannot hold", async () => {
    const { verifier } = system.devnet.controls;
    verifier.addKey("mike.near", p256Key);
    makeFinal(system);
    const { keys } = await read("mike.near");
    const onNear = { public_key: p256Key, registered: true, on_near: "not_a_near_key", stale: false };
    assert.deepEqual(keys, [onNear]);
    const { account_id } = (await system.rest().post("/accounts/derive", { public_key: p256Key })).body;
    assert.equal((await read(account_id)).kind, "implicit_eth");
  });

  for (const [path, message] of [
    ["Nina.near", "account_id is not an account id"],
    [`${"a".repeat(65)}/stale-keys`, "account_id is not an account id"],
    ["nina.near?public_key=ed25519:1", "public_key is not an ed25519 key: it has 32 bytes in base58"],
    ["nina.near?public_key=rsa:1", "public_key is not an ed25519:, secp256k1: or p256: key"],
    ["nina.near?public_key=a&public_key=b", "public_key must be given once"],
    ["nina.near?token_id=nep141:", "token_id nep141: is not a token id"],
    [`nina.near?${"token_id=wrap.near&".repeat(33)}`, "token_id must be given at most 32 times"],
  ] as const) {
    it(`refuse ${path.slice(0, 50)}: ${message}`, async () => {
      const { status, body } = await system.rest().get(`/accounts/${path}`);
      assert.deepEqual([status, body.message], [400, message]);
    });
  }

  it("are not to be had while the chain gives no answer", async () => {
    const { faults } = system.devnet.controls;
    const { id } = faults.add({ target: "rpc", method: "query", count: null, fault: { kind: "reset" } });
    const { status, body } = await system.rest().get(`/accounts/${nina}`);
    assert.deepEqual([status, body.message], [503, "the account is not to be had from NEAR now: try again"]);
    faults.remove(id);
  });
});

describeShapes("keys of a wallet, by step", (shape) => {
  it("are added and removed under the types that the operator names, and denied where there are none", async () => {
    const types = { add_public_key: "wallet_power", remove_public_key: "wallet_power" };
    const environment = { POLICY_ACTION_TYPES_JSON: JSON.stringify(types) };
    const add = { kind: "intents.add_public_key", public_key: second?.publicKey };
    const remove = { ...add, kind: "intents.remove_public_key" };
    await withSystem({ shape, environment }, async (system) => {
      const own = system.devnet.wallets[0];
      assert(own);
      const keys = async () => (await system.rest().get(`/accounts/${own.accountId}`)).body.keys_total;
      const added = await system.rest().execute([add]);
      assert.equal(added.body.status, "succeeded", added.body.user_visible_error);
      assert.equal(await keys(), 2);
      const removed = await system.rest().execute([remove]);
      assert.equal(removed.body.status, "succeeded", removed.body.user_visible_error);
      assert.equal(await keys(), 1);

      const last = { ...remove, public_key: own.publicKey };
      const { body } = await system.rest().post("/workflows/plan", { steps: [last] });
      const requirement = `steps[0].public_key is the key that signs this step: without it the wallet can sign nothing more; set remove_signing_key to remove it all the same`;
      assert.deepEqual([body.executable, body.setup_requirements[0].requirement], [false, requirement]);
      const wanted = await system.rest().execute([{ ...last, remove_signing_key: true }]);
      assert.equal(wanted.body.status, "succeeded", wanted.body.user_visible_error);
      assert.equal(await keys(), 0);
    });
    await withSystem({ shape }, async (system) => {
      const { body } = await system.rest().execute([add]);
      assert.equal(body.status, "policy_denied");
    });
  });
});
