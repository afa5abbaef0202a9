import assert from "node:assert/strict";
import type { AccountFacts } from "../src/core/account.ts";
import {
  mayLoseKeys,
  misfitOf,
  nonceOf,
  readSignedContent,
  refusalOfKey,
  withWireSignature,
} from "../src/core/sign-in.ts";

const key = "ed25519:5TagutioHgKLh7KZ1VEFBYfgRkPtqnKm9LoMnJMJugxm";
const implicit = "423df0a6640e9467769c55a573f15b9ee999dc8970048959c72890abf5cc3a8e";
const point = "3aMVMxsoAnHUbweXMtdKaN1uJaNwsfKv7wnc97SDGjXhyK62VyJwhPUPLZefKVthcoUcuWK6cqkSU4M542ipNxS3";
const ethereumKey = `secp256k1:${point}`;
const ethereum = "0xbff77166b39599e54e391156eef7b8191e02be92";

const nothing: AccountFacts = {
  exists: true,
  registeredKeys: [],
  registeredTotal: 0,
  nearKeys: [],
  locked: false,
  authByPredecessor: true,
  keyRegistered: true,
  balances: [],
  blockHeight: 9n,
};
const on = (publicKey: string, fullAccess: boolean): Partial<AccountFacts> => ({
  nearKeys: [{ $typeName: "outlayer.broadcaster.v1.NearKey", publicKey, fullAccess }],
});

describe("a key that signs in (rule: sign-in-takes-full-access-keys)", () => {
  const rows: readonly (readonly [
    what: string,
    accountId: string,
    publicKey: string,
    facts: Partial<AccountFacts>,
    said: string | undefined,
  ])[] = [
    ["has full access on NEAR", "a.near", key, on(key, true), undefined],
    ["needs not be registered", "a.near", key, { ...on(key, true), keyRegistered: false }, undefined],
    ["may be on secp256k1, on NEAR too", "a.near", ethereumKey, on(ethereumKey, true), undefined],
    ["signs in to a deterministic account that holds it", `0s${"a".repeat(40)}`, key, on(key, true), undefined],
    ["is an implicit account's own", implicit, key, { exists: false }, undefined],
    ["is an implicit account's own, and on NEAR", implicit, key, on(key, true), undefined],
    ["is an Ethereum account's own", ethereum, ethereumKey, { exists: false }, undefined],
    ["is an Ethereum account's own, where NEAR has the account", ethereum, ethereumKey, {}, undefined],
    ["has not been put there for calls alone", "a.near", key, on(key, false), "is a function-call key of a.near"],
    ["is no implicit account's own for calls alone", implicit, key, on(key, false), "is a function-call key of"],
    ["is on NEAR", "a.near", key, on(ethereumKey, true), "is no key of a.near on NEAR"],
    ["is not only registered in the verifier", "a.near", key, { registeredKeys: [key] }, "is no key of a.near on NEAR"],
    ["is of its curve", "a.near", `p256:${point}`, on(ethereumKey, true), "is no key of a.near on NEAR"],
    ["is of its curve, for an implicit account", ethereum, `p256:${point}`, {}, "is not the key of 0xbff"],
    ["was not deleted from NEAR", implicit, key, {}, `was deleted from ${implicit} on NEAR`],
    ["was not deleted for another", implicit, key, on(ethereumKey, true), `was deleted from ${implicit} on NEAR`],
    [
      "was not removed from the verifier",
      ethereum,
      ethereumKey,
      { exists: false, keyRegistered: false },
      `was removed from ${ethereum} in the verifier`,
    ],
    [
      "was not removed from the verifier, before it was on NEAR",
      implicit,
      key,
      { exists: false, keyRegistered: false },
      `was removed from ${implicit} in the verifier`,
    ],
    ["belongs to an account", "nobody.near", key, { exists: false }, "nobody.near is not on NEAR"],
    ["is of that account", implicit, ethereumKey, { exists: false }, `is not the key of ${implicit}, which is not on`],
  ];
  for (const [what, accountId, publicKey, facts, said] of rows) {
    it(what, () => {
      const refusal = refusalOfKey(accountId, publicKey, { ...nothing, ...facts });
      if (said === undefined) assert.equal(refusal, undefined);
      else assert(refusal?.includes(said), `${refusal}`);
    });
  }
});

describe("an account whose keys can be deleted on NEAR", () => {
  for (const [accountId, exists, may] of [
    ["a.near", true, true],
    ["a.near", false, false],
    [implicit, true, true],
    [implicit, false, false],
    [ethereum, true, false],
    [`0s${"a".repeat(40)}`, true, false],
  ] as const) {
    it(`${may ? "is" : "is not"} ${accountId}, which is ${exists ? "" : "not "}there`, () => {
      assert.equal(mayLoseKeys(accountId, { exists }), may);
    });
  }
});

describe("what was signed to sign in", () => {
  const nonce = Buffer.alloc(32, 1).toString("base64");
  const text = `Sign in\n\nNonce: ${nonce}\nExpires: now`;

  it("is read where its standard has it", () => {
    const content = { message: "m", nonce, recipient: "r" };
    const payload = { ...content, callbackUrl: "https://a.example" };
    assert.deepEqual(readSignedContent({ standard: "nep413", payload }), { kind: "nep413", ...content });
    for (const standard of ["erc191", "tip191", "raw_ed25519", "sep53", "webauthn"]) {
      assert.deepEqual(readSignedContent({ standard, payload: text }), { kind: "text", text });
    }
    const ton = { standard: "ton_connect", payload: { type: "text", text } };
    assert.deepEqual(readSignedContent(ton), { kind: "text", text });
  });

  const standards = "must be one of nep413, erc191, tip191, raw_ed25519, webauthn, ton_connect, sep53";
  for (const [signed, place, said] of [
    [{}, "signed.standard", standards],
    [{ standard: "constructor", payload: "" }, "signed.standard", standards],
    [{ standard: "nep413" }, "signed.payload", "must be an object"],
    [{ standard: "nep413", payload: { message: 1, nonce } }, "signed.payload.message", "must be a string"],
    [{ standard: "nep413", payload: { message: "m", nonce } }, "signed.payload.recipient", "must be a string"],
    [{ standard: "erc191", payload: { text } }, "signed.payload", "must be a string"],
    [{ standard: "ton_connect", payload: { type: "binary", text } }, "signed.payload.type", "must be text"],
    [{ standard: "ton_connect", payload: { type: "text" } }, "signed.payload.text", "must be a string"],
  ] as const) {
    it(`cannot be read at ${place} of ${JSON.stringify(signed)}`, () => {
      const read = readSignedContent(signed);
      assert.deepEqual(read, { place, said: `${place} ${said}` });
    });
  }

  it("names its nonce, 32 bytes in base64 on a line of their own", () => {
    const bytes = new Uint8Array(32).fill(1);
    assert.deepEqual(nonceOf({ kind: "text", text }), bytes);
    assert.deepEqual(nonceOf({ kind: "nep413", message: "", nonce, recipient: "" }), bytes);
    for (const other of [nonce.slice(0, -1), `${nonce}=`, `A${nonce}`, "", nonce.replace("A", "*"), "A".repeat(44)]) {
      assert.equal(nonceOf({ kind: "nep413", message: "", nonce: other, recipient: "" }), undefined, other);
      assert.equal(nonceOf({ kind: "text", text: text.replace(nonce, other) }), undefined, other);
    }
  });

  it("is the challenge to the letter", () => {
    const challenge = { message: "m", text };
    assert.equal(misfitOf({ kind: "text", text }, challenge), undefined);
    assert.equal(misfitOf({ kind: "nep413", message: "m", nonce, recipient: "" }, challenge), undefined);
    assert(misfitOf({ kind: "text", text: `${text} ` }, challenge) !== undefined);
    assert(misfitOf({ kind: "nep413", message: text, nonce, recipient: "" }, challenge) !== undefined);
  });
});

describe("a signature of a wallet's", () => {
  const wire = "ed25519:5QJistKyYqi71meDxuKz25MhnC7xTqztaqQxuniM5RofQz4zq6G8wGm4nT1eVw2rjKHMfXn4NoZcq5Db7dwp8w2u";
  const base58 = wire.slice("ed25519:".length);
  const signed = (signature: string, public_key: string = key) => ({ public_key, signature });

  it("is taken as the verifier takes it, alone in base58, and in base64", () => {
    const zeros = Buffer.alloc(64).toString("base64");
    assert.deepEqual(withWireSignature(signed(wire)), signed(wire));
    assert.deepEqual(withWireSignature(signed("1".repeat(64))), signed(`ed25519:${"1".repeat(64)}`));
    assert.deepEqual(withWireSignature(signed(zeros)), signed(`ed25519:${"1".repeat(64)}`));
  });

  for (const [what, given] of [
    ["of another length", signed("1".repeat(63))],
    ["that is too long to decode", signed("z".repeat(10_000))],
    ["that is neither", signed("0OIl")],
    ["of another curve's key", signed(base58, ethereumKey)],
    ["that is no text", { public_key: key, signature: 5 }],
    ["without a key", { signature: base58 }],
  ] as const) {
    it(`is left as it is: one ${what}`, () => assert.deepEqual(withWireSignature(given), given));
  }
});
