import assert from "node:assert/strict";
import { defaultActionTypes, powerKinds } from "../src/core/action-types.ts";
import type { IntentKind } from "../src/core/intent-kinds.ts";
import { actions, asked, wrapped } from "./support/policy-questions.ts";
import { intentsCall, plainCall, transfer } from "./support/samples.ts";

describe("the policy checks of a step", () => {
  it("ask about the call itself, with what the audit trail wants beside it", () => {
    assert.deepEqual(actions([plainCall({ deposit: "1" })]), [
      {
        step: 0,
        action: {
          type: "call",
          token: "native",
          to: "register.near",
          amount: "1",
          current_usage: { hourly: {}, daily: {}, monthly: {}, hourly_tx_count: 0 },
          receiver_id: "register.near",
          method_name: "set",
          gas: "30000000000000",
          lane: "gate_proxy",
        },
      },
    ]);
  });

  const rows: readonly [string, object, readonly object[]][] = [
    [
      "a transfer: who gets it, per token",
      { intent: "transfer", receiver_id: "bob.near", tokens: { [wrapped]: "5", "nep245:mt.near:7": "6" }, memo: "x" },
      [
        { type: "call", token: wrapped, to: "bob.near", amount: "5" },
        { type: "call", token: "nep245:mt.near:7", to: "bob.near", amount: "6" },
      ],
    ],
    [
      "an FT withdrawal, with the storage it pays for",
      { intent: "ft_withdraw", token: "usdc.near", receiver_id: "bob.near", amount: "9", storage_deposit: "125" },
      [
        { type: "intents_withdraw", token: "nep141:usdc.near", to: "bob.near", amount: "9" },
        { type: "intents_withdraw", token: wrapped, to: "usdc.near", amount: "125" },
      ],
    ],
    [
      "an NFT withdrawal: one of it",
      { intent: "nft_withdraw", token: "nft.near", receiver_id: "bob.near", token_id: "a:b", storage_deposit: null },
      [{ type: "intents_withdraw", token: "nep171:nft.near:a:b", to: "bob.near", amount: "1" }],
    ],
    [
      "a multi-token withdrawal: each of them",
      {
        intent: "mt_withdraw",
        token: "mt.near",
        receiver_id: "bob.near",
        token_ids: ["1", "2"],
        amounts: ["3", "4"],
      },
      [
        { type: "intents_withdraw", token: "nep245:mt.near:1", to: "bob.near", amount: "3" },
        { type: "intents_withdraw", token: "nep245:mt.near:2", to: "bob.near", amount: "4" },
      ],
    ],
    [
      "a withdrawal of NEAR: wNEAR",
      { intent: "native_withdraw", receiver_id: "bob.near", amount: "8" },
      [{ type: "intents_withdraw", token: wrapped, to: "bob.near", amount: "8" }],
    ],
    [
      "a storage deposit: wNEAR, to the contract that is paid, and to who may withdraw it there",
      { intent: "storage_deposit", contract_id: "usdc.near", deposit_for_account_id: "bob.near", amount: "2" },
      [
        { type: "intents_withdraw", token: wrapped, to: "usdc.near", amount: "2" },
        { type: "intents_withdraw", token: wrapped, to: "bob.near", amount: "2" },
      ],
    ],
    [
      "an authenticated call without a deposit: a call of its contract",
      { intent: "auth_call", contract_id: "dao.near", msg: "{}" },
      [{ type: "call", token: "native", to: "dao.near", amount: "0" }],
    ],
    [
      "an authenticated call with a deposit: a call of its contract, and wNEAR",
      { intent: "auth_call", contract_id: "dao.near", msg: "{}", attached_deposit: "3" },
      [
        { type: "call", token: "native", to: "dao.near", amount: "0" },
        { type: "call", token: wrapped, to: "dao.near", amount: "3" },
      ],
    ],
    [
      "tokens that a message has the verifier credit: who is credited",
      { intent: "ft_withdraw", token: "usdc.near", receiver_id: "intents.near", amount: "9", msg: "bob.near" },
      [{ type: "intents_withdraw", token: "nep141:usdc.near", to: "bob.near", amount: "9" }],
    ],
    [
      "the same where the message is an object",
      { ...transfer("5", "intents.near"), msg: '{"receiver_id":"bob.near","msg":"hi"}' },
      [{ type: "call", token: wrapped, to: "bob.near", amount: "5" }],
    ],
    [
      "the same where it names nobody: the verifier itself",
      { intent: "nft_withdraw", token: "nft.near", receiver_id: "intents.near", token_id: "a", msg: "" },
      [{ type: "intents_withdraw", token: "nep171:nft.near:a", to: "intents.near", amount: "1" }],
    ],
    [
      "tokens with a message for another contract: that contract",
      { ...transfer("5", "dex.near"), msg: "bob.near" },
      [{ type: "call", token: wrapped, to: "dex.near", amount: "5" }],
    ],
  ];
  for (const [name, intent, expected] of rows) {
    it(`ask about ${name}`, () => assert.deepEqual(asked([intent]), expected));
  }

  it("give every amount as a decimal string without leading zeros", () => {
    assert.deepEqual(
      asked([transfer("007")]).map(({ amount }) => amount),
      ["7"],
    );
  });

  it("take their types from the table", () => {
    const types = { ...defaultActionTypes, transfer: "transfer", call: "delete" };
    assert.deepEqual(
      actions([intentsCall([transfer("1")])], { types }).map(({ action }) => action.type),
      ["delete", "transfer"],
    );
  });
});

describe("every kind of intent", () => {
  const key = { public_key: "ed25519:1" };
  const withdrawal = { token: "a.near", receiver_id: "b.near" };
  const least: { readonly [kind in IntentKind]: object } = {
    transfer: { receiver_id: "b.near", tokens: { [wrapped]: "0" } },
    token_diff: { diff: { [wrapped]: "-1" } },
    ft_withdraw: { ...withdrawal, amount: "0" },
    nft_withdraw: { ...withdrawal, token_id: "1" },
    mt_withdraw: { ...withdrawal, token_ids: ["1"], amounts: ["0"] },
    native_withdraw: { receiver_id: "b.near", amount: "0" },
    storage_deposit: { contract_id: "a.near", account_id: "b.near", amount: "0" },
    auth_call: { contract_id: "a.near", msg: "" },
    add_public_key: key,
    remove_public_key: key,
    set_auth_by_predecessor_id: { enabled: true },
  };
  const types = { ...defaultActionTypes, ...Object.fromEntries(powerKinds.map((kind) => [kind, "wallet_power"])) };

  for (const [intent, fields] of Object.entries(least)) {
    it(`has a question of its own, with however little in it: ${intent}`, () => {
      const questions = asked([{ intent, ...fields }], { types }, ["maker.near"]);
      assert.ok(questions.length > 0);
      assert.ok(questions.every(({ to }) => to !== "intents.near"));
    });
  }
});
