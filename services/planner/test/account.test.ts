import assert from "node:assert/strict";
import { type AccountFacts, accountOf, staleKeysOf } from "../src/core/account.ts";

const terms = { verifierId: "intents.near", networkId: "testnet", walletUrl: undefined };
const key = "ed25519:5TagutioHgKLh7KZ1VEFBYfgRkPtqnKm9LoMnJMJugxm";
const other = "secp256k1:3aMVMxsoAnHUbweXMtdKaN1uJaNwsfKv7wnc97SDGjXhyK62VyJwhPUPLZefKVthcoUcuWK6cqkSU4M542ipNxS3";
const implicit = "423df0a6640e9467769c55a573f15b9ee999dc8970048959c72890abf5cc3a8e";
const ethereum = "0xbff77166b39599e54e391156eef7b8191e02be92";

const deterministic = `0s${"a".repeat(40)}`;

const nothing: AccountFacts = {
  exists: true,
  registeredKeys: [],
  registeredTotal: 0,
  nearKeys: [],
  locked: false,
  authByPredecessor: true,
  balances: [],
  blockHeight: 9n,
};
const nearKey = (publicKey: string, fullAccess: boolean) =>
  ({ $typeName: "outlayer.broadcaster.v1.NearKey", publicKey, fullAccess }) as const;
const facts = (change: Partial<AccountFacts>): AccountFacts => {
  const all = { ...nothing, ...change };
  return { ...all, registeredTotal: change.registeredTotal ?? all.registeredKeys.length };
};
const account = (accountId: string, change: Partial<AccountFacts>, publicKey?: string) =>
  accountOf(terms, { accountId, publicKey, tokenIds: [] }, facts(change));
const staleOf = (accountId: string, change: Partial<AccountFacts>) =>
  staleKeysOf(terms, accountId, facts({ registeredKeys: [key], ...change })).staleKeys.map((found) => found.key.onNear);

describe("a stale key", () => {
  const rows: readonly [what: string, accountId: string, change: Partial<AccountFacts>, stale: readonly string[]][] = [
    ["is one that NEAR lacks", "a.near", {}, ["absent"]],
    ["is one without full access", "a.near", { nearKeys: [nearKey(key, false)] }, ["function_call"]],
    ["is none with full access", "a.near", { nearKeys: [nearKey(key, true)] }, []],
    ["is every key of a named account that was deleted", "a.near", { exists: false }, ["absent"]],
    ["is none of an implicit account that never was on NEAR", implicit, { exists: false }, []],
    ["is one of an implicit account that took it off NEAR", implicit, { nearKeys: [nearKey(other, true)] }, ["absent"]],
    ["is none of an Ethereum account, which has none on NEAR", ethereum, {}, []],
    ["is none of a deterministic account, whose contract may register any", deterministic, {}, []],
    ["is none on P-256, which NEAR does not have", "a.near", { registeredKeys: [`p256:${other.slice(10)}`] }, []],
  ];
  for (const [what, accountId, change, stale] of rows) {
    it(what, () => assert.deepEqual(staleOf(accountId, change), stale));
  }

  it("comes first in a long list, which says how many there are", () => {
    const registeredKeys = Array.from({ length: 150 }, (_, index) => `ed25519:${index}`);
    const nearKeys = registeredKeys.slice(0, 149).map((publicKey) => nearKey(publicKey, true));
    const { keys, keysTotal } = account("a.near", { registeredKeys, nearKeys });
    assert.deepEqual([keys.length, keysTotal, keys[0]?.publicKey, keys[0]?.stale], [100, 150, "ed25519:149", true]);
  });

  it("is removed by a step alone where the account can send nothing", () => {
    for (const change of [{ exists: false }, { locked: true }, { authByPredecessor: false }]) {
      const [found] = staleKeysOf(terms, "a.near", facts({ registeredKeys: [key], ...change })).staleKeys;
      assert.deepEqual([found?.removal, found?.removalStepJson.includes(key)], [undefined, true]);
    }
  });
});

describe("the transaction that registers a key", () => {
  const keyOf = (found: ReturnType<typeof account>) => found.registration?.publicKey;
  const own = { nearKeys: [nearKey(other, true), nearKey(key, true)] };

  it("is of the account's first key with full access, in the network's terms", () => {
    const found = account("a.near", own);
    assert.equal(keyOf(found), key);
    assert.match(found.registration?.command ?? "", /sign-as a\.near network-config testnet$/);
  });

  it("is of the key that was asked about, unless that is registered", () => {
    assert.equal(keyOf(account("a.near", { ...own, keyRegistered: false }, other)), other);
    assert.equal(keyOf(account("a.near", { ...own, keyRegistered: true }, other)), undefined);
  });

  it("is of the full access key of a deterministic account, with which it can sign in", () => {
    const found = account(deterministic, own);
    assert.equal(keyOf(found), key);
    assert.match(found.message, /^no key is registered: it can be paid/);
    assert.equal(keyOf(account(deterministic, { ...own, keyRegistered: false }, other)), other);
  });

  const none: readonly [what: string, accountId: string, change: Partial<AccountFacts>][] = [
    ["one has a key", "a.near", { registeredKeys: [key] }],
    ["NEAR does not have the account", "a.near", { exists: false }],
    ["the account is locked", "a.near", { locked: true }],
    ["the account's transactions are switched off", "a.near", { authByPredecessor: false }],
    ["no key has full access", "a.near", { nearKeys: [nearKey(key, false)] }],
    ["the verifier takes no key of that curve", "a.near", { nearKeys: [nearKey("ml-dsa:1", true)] }],
    ["it is an Ethereum account", ethereum, {}],
    ["it is a deterministic account that has no keys on NEAR", deterministic, { nearKeys: [] }],
  ];
  for (const [when, accountId, change] of none) {
    it(`is not there where ${when}`, () => assert.equal(keyOf(account(accountId, { ...own, ...change })), undefined));
  }
});

describe("what is said of an account that is not on NEAR", () => {
  for (const [accountId, said] of [
    ["a.near", "a.near is not on NEAR: whoever creates it holds what is paid to it"],
    [deterministic, `${deterministic} is not on NEAR: what is paid to it is for the contract that it is derived from`],
    [ethereum, "it signs intents with its own key, unless that was removed"],
  ] as const) {
    it(`is right for ${accountId}`, () => assert.equal(account(accountId, { exists: false }).message, said));
  }
});
