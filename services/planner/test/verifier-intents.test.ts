import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { checkIntent } from "../src/core/verifier-intents.ts";
import { problemOf } from "./support/planning.ts";

interface Executed {
  readonly name: string;
  readonly signer_id: string;
  readonly intents: readonly object[];
  readonly panic: string | null;
}

const { cases } = JSON.parse(readFileSync(new URL("./fixtures/verifier-intents.json", import.meta.url), "utf8")) as {
  cases: readonly Executed[];
};

describe("intents that the verifier itself executed", () => {
  for (const { name, signer_id, intents, panic } of cases) {
    const malformed = panic !== null && /^(invalid intent|JSON: )/.test(panic);
    it(`${malformed ? "are refused where it found them malformed" : "are taken where it could read them"}: ${name}`, () => {
      const facts = { accountId: signer_id, feeTiers: [{ cap: 12 }] };
      const found = problemOf({ kind: "intents.execute_raw", intents }, { facts });
      assert.equal(found !== undefined, malformed, found);
    });
  }
});

const key = "ed25519:5TagutioHgKLh7KZ1VEFBYfgRkPtqnKm9LoMnJMJugxm";
const secpKey = "secp256k1:3aMVMxsoAnHUbweXMtdKaN1uJaNwsfKv7wnc97SDGjXhyK62VyJwhPUPLZefKVthcoUcuWK6cqkSU4M542ipNxS3";
const withdrawal = { token: "a.near", receiver_id: "b.near" };

/** One intent of each kind with everything it may have. */
const whole = {
  transfer: { receiver_id: "b.near", tokens: { "nep141:a.near": "1" }, memo: "m", msg: "x", min_gas: "1" },
  token_diff: { diff: { "nep141:a.near": "-1", "nep245:m.near:x:y": "2" }, memo: "m", referral: "r.near" },
  ft_withdraw: { ...withdrawal, amount: "1", memo: "m", msg: "", storage_deposit: "0", min_gas: "1" },
  nft_withdraw: { ...withdrawal, token_id: "1", memo: "m", msg: "", storage_deposit: "5", min_gas: "1" },
  mt_withdraw: {
    ...withdrawal,
    token_ids: ["1"],
    amounts: ["1"],
    memo: "m",
    msg: "",
    storage_deposit: "5",
    min_gas: "1",
  },
  native_withdraw: { receiver_id: "b.near", amount: "1" },
  storage_deposit: { contract_id: "a.near", deposit_for_account_id: "b.near", amount: "1" },
  add_public_key: { public_key: key },
  remove_public_key: { public_key: secpKey },
  set_auth_by_predecessor_id: { enabled: false },
  auth_call: { contract_id: "a.near", msg: "x", attached_deposit: "0", min_gas: "1" },
} as const;

describe("the verifier's published intents", () => {
  it("are those that its own text lists, each of them and no other", () => {
    const { panic } = cases.find(({ name }) => name === "unknown intent") ?? {};
    const listed = [...(panic ?? "").matchAll(/`(\w+)`/g)].slice(1).map(([, name]) => name);
    assert.deepEqual(Object.keys(whole).sort(), listed.sort());
  });

  for (const [intent, fields] of Object.entries(whole)) {
    it(`${intent} is taken with all it may have, and missed what it must have`, () => {
      assert.equal(checkIntent({ intent, ...fields }, "i").problem, undefined);
      const optional = ["memo", "msg", "min_gas", "referral", "storage_deposit", "attached_deposit"];
      for (const name of Object.keys(fields)) {
        const found = checkIntent({ intent, ...fields, [name]: undefined }, "i").problem;
        const required = !optional.includes(name) || (intent === "auth_call" && name === "msg");
        assert.equal(found, required ? `i.${name} is required` : undefined);
      }
    });

    it(`${intent} is refused with a field that it does not have`, () => {
      assert.equal(
        checkIntent({ intent, ...fields, state_init: {} }, "i").problem,
        "i has an unknown field state_init",
      );
    });
  }

  it("take null for what is optional, as the verifier does", () => {
    assert.equal(
      checkIntent({ intent: "transfer", ...whole.transfer, memo: null, msg: null, min_gas: null }, "i").problem,
      undefined,
    );
  });

  it("take the former name of a storage deposit's account, but not both", () => {
    const deposit = { intent: "storage_deposit", contract_id: "a.near", amount: "1", account_id: "b.near" };
    assert.equal(checkIntent(deposit, "i").problem, undefined);
    assert.equal(
      checkIntent({ ...deposit, deposit_for_account_id: "b.near" }, "i").problem,
      "i.deposit_for_account_id must not stand beside account_id",
    );
  });

  const rows: readonly (readonly [intent: unknown, problem: string])[] = [
    [5, "i must be an object"],
    [{}, "i.intent is not one of the verifier's intents"],
    [{ intent: "foo" }, "i.intent is not one of the verifier's intents"],
    [{ intent: "transfer", ...whole.transfer, receiver_id: 5 }, "i.receiver_id must be a string"],
    [{ intent: "transfer", ...whole.transfer, receiver_id: "B" }, "i.receiver_id is not an account id"],
    [{ intent: "transfer", ...whole.transfer, tokens: {} }, "i.tokens must not be empty"],
    [{ intent: "transfer", ...whole.transfer, tokens: [] }, "i.tokens must be an object"],
    [{ intent: "transfer", ...whole.transfer, tokens: { "a.near": "1" } }, 'i.tokens["a.near"] is not a token id'],
    [
      { intent: "transfer", ...whole.transfer, tokens: { "nep141:a.near": 1 } },
      'i.tokens["nep141:a.near"] must be a string',
    ],
    [
      { intent: "transfer", ...whole.transfer, tokens: { "nep141:a.near": "0" } },
      'i.tokens["nep141:a.near"] must be greater than zero',
    ],
    [{ intent: "token_diff", diff: { "nep141:a.near": "--1" } }, 'i.diff["nep141:a.near"] must be a decimal string'],
    [
      { intent: "token_diff", diff: { "nep141:a.near": `-${2n ** 127n}` } },
      'i.diff["nep141:a.near"] must be below 2^127',
    ],
    [{ intent: "ft_withdraw", ...whole.ft_withdraw, token: "nep141:a.near" }, "i.token is not an account id"],
    [
      { intent: "ft_withdraw", ...whole.ft_withdraw, storage_deposit: "-1" },
      "i.storage_deposit must be a decimal string",
    ],
    [{ intent: "ft_withdraw", ...whole.ft_withdraw, min_gas: "18446744073709551616" }, "i.min_gas must be below 2^64"],
    [{ intent: "mt_withdraw", ...whole.mt_withdraw, amounts: ["1", "2"] }, "i.amounts must be as many as token_ids"],
    [{ intent: "mt_withdraw", ...whole.mt_withdraw, token_ids: [], amounts: [] }, "i.token_ids must not be empty"],
    [{ intent: "nft_withdraw", ...whole.nft_withdraw, token_id: "" }, "i.token_id is not part of a token id"],
    [
      { intent: "mt_withdraw", ...whole.mt_withdraw, token_ids: ["x".repeat(128)] },
      "i.token_ids[0] is not part of a token id",
    ],
    [{ intent: "add_public_key", public_key: "ed25519:abc" }, "i.public_key is not a public key"],
    [{ intent: "add_public_key", public_key: "ed25519:0OIl" }, "i.public_key is not a public key"],
    [{ intent: "add_public_key", public_key: `${key}:1` }, "i.public_key is not a public key"],
    [{ intent: "add_public_key", public_key: key.replace("ed25519", "p256") }, "i.public_key is not a public key"],
    [{ intent: "add_public_key", public_key: `ed25519:${"1".repeat(100_000)}` }, "i.public_key is not a public key"],
    [{ intent: "set_auth_by_predecessor_id", enabled: "true" }, "i.enabled must be a boolean"],
  ];
  for (const [intent, problem] of rows) {
    it(`refuse ${JSON.stringify(intent).slice(0, 100)}: ${problem}`, () => {
      assert.equal(checkIntent(intent, "i").problem, problem);
    });
  }

  it("give the same problem of several, in whatever order their keys stand", () => {
    const tokens = { "nep141:b.near": "0", "nep141:a.near": "0" };
    const reversed = { "nep141:a.near": "0", "nep141:b.near": "0" };
    const problem = (tokens: object) => checkIntent({ intent: "transfer", receiver_id: "b.near", tokens }, "i").problem;
    assert.equal(problem(tokens), problem(reversed));
  });
});
