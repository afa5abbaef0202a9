import assert from "node:assert/strict";
import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { actions, unjudgeable, wrapped } from "./support/policy-questions.ts";
import { intentsCall, plainCall, signedBy, transfer, walletAccountId } from "./support/samples.ts";

describe("a step that policy cannot judge is not allowed", () => {
  const rows: readonly [string, GateCall, string][] = [
    ["intents that are no JSON", intentsCall("[}"), "intents is not JSON"],
    ["intents that are no array", intentsCall("{}"), "intents must be an array"],
    [
      "a duplicate key (rule: json-is-unambiguous)",
      intentsCall('[{"a":1,"a":2}]'),
      "intents has a duplicate object key",
    ],
    [
      "an unknown intent",
      intentsCall([{ intent: "imt_burn" }]),
      "intents[0].intent imt_burn is not an intent that policy can judge",
    ],
    [
      "a field that could move value past policy",
      intentsCall([{ intent: "auth_call", contract_id: "a.near", msg: "", state_init: { deposit: "5" } }]),
      'intents[0] Unrecognized key: "state_init"',
    ],
    ["an intent in another form", intentsCall('["transfer"]'), "intents[0] is not an intent that policy can judge"],
    [
      "an amount that is a number",
      intentsCall('[{"intent":"native_withdraw","receiver_id":"a.near","amount":5}]'),
      "intents[0].amount must be a string",
    ],
    [
      "an amount that is no decimal",
      intentsCall([transfer("1e3")]),
      "intents[0].tokens.nep141:wrap.near must be a decimal string",
    ],
    ["a negative amount", intentsCall([transfer("-1")]), "intents[0].tokens.nep141:wrap.near must be a decimal string"],
    [
      "a short token id",
      intentsCall([transfer("1", "a.near", "wrap.near")]),
      "intents[0].tokens.wrap.near must be a full token id",
    ],
    [
      "a receiver that is no account",
      intentsCall([transfer("1", "A")]),
      "intents[0].receiver_id must be an account id",
    ],
    [
      "the second of two",
      intentsCall([transfer("1"), transfer("x")]),
      "intents[1].tokens.nep141:wrap.near must be a decimal string",
    ],
    [
      "more token ids than amounts",
      intentsCall([
        { intent: "mt_withdraw", token: "m.near", receiver_id: "a.near", token_ids: ["1", "2"], amounts: ["1"] },
      ]),
      "intents[0].amounts must be as many as token_ids",
    ],
    [
      "an empty token id",
      intentsCall([{ intent: "nft_withdraw", token: "n.near", receiver_id: "a.near", token_id: "" }]),
      "intents[0].token does not make a token id",
    ],
    [
      "more places than can be asked about",
      intentsCall(Array.from({ length: 300 }, () => transfer("1"))),
      "policy would be asked more than 48 questions: split the workflow up",
    ],
    [
      "a counterparty's payload that would break out of its place",
      intentsCall([], { counterparty: ['{}],"signed":[{}'] }),
      "counterparty_signed[0] is not JSON",
    ],
    [
      "one that is no object",
      intentsCall([], { counterparty: [signedBy("maker.near"), "[]"] }),
      "counterparty_signed[1].standard must be one of nep413, erc191, tip191, raw_ed25519, webauthn, ton_connect, sep53",
    ],
    [
      "a swap with nobody that could get what goes out",
      intentsCall([{ intent: "token_diff", diff: { [wrapped]: "-5", "nep141:usdc.near": "7" } }]),
      "intents[0].diff gives to nobody that can be named: no counterparty has signed beside it",
    ],
    [
      "a message that has the verifier execute what is in it",
      intentsCall([
        {
          ...transfer("1", "intents.near"),
          msg: JSON.stringify({ receiver_id: "mike.near", execute_intents: [JSON.parse(signedBy("evil.near"))] }),
        },
      ]),
      "intents[0].msg has intents.near do what policy cannot judge",
    ],
    [
      "a message that names nobody for the verifier to credit",
      intentsCall([{ ...transfer("1", "intents.near"), msg: " mike.near" }]),
      "intents[0].msg names no account for intents.near to credit",
    ],
    [
      "a storage deposit under both names of its account",
      intentsCall([
        {
          intent: "storage_deposit",
          contract_id: "a.near",
          deposit_for_account_id: "b.near",
          account_id: "c.near",
          amount: "1",
        },
      ]),
      "intents[0].deposit_for_account_id must not stand beside account_id",
    ],
  ];
  for (const [name, call, reason] of rows) {
    it(`${name}`, () => assert.equal(unjudgeable(call), reason));
  }
});

describe("a plain call through the gate", () => {
  const plain = (receiverId: string, methodName: string, args: object = {}) => {
    const value = new TextEncoder().encode(JSON.stringify(args));
    return plainCall({ receiverId, methodName, payload: { case: "args", value } });
  };

  it("cannot be of anything but execute_intents at the verifier", () => {
    for (const method of ["mt_transfer", "ft_withdraw", "add_public_key", "simulate_intents", "ft_on_transfer"]) {
      assert.match(
        unjudgeable(plain("intents.near", method)),
        /at intents\.near the gate may call execute_intents alone/,
      );
    }
  });

  it("cannot be of a transfer, approval or withdrawal, at any receiver", () => {
    for (const method of [
      "ft_transfer",
      "nft_approve",
      "mt_batch_transfer_call",
      "storage_withdraw",
      "near_withdraw",
    ]) {
      assert.match(
        unjudgeable(plain("other.near", method)),
        new RegExp(`^${method} acts on what belongs to its caller`),
      );
    }
  });

  it("carries what others signed to the verifier, and nothing that the wallet signed", () => {
    const signed = ["maker.near", walletAccountId].map((signer) => JSON.parse(signedBy(signer)));
    const call = (payloads: object[]) => plain("intents.near", "execute_intents", { signed: payloads });
    assert.equal(actions([call(signed.slice(0, 1))]).length, 1);
    assert.equal(unjudgeable(call(signed)), "args.signed[1] is signed by the wallet itself");
  });

  it("to the verifier is denied where what it carries cannot be read", () => {
    for (const args of ['{"signed":{}}', "", "[]", '{"signed":[],"signed":[]}']) {
      const value = new TextEncoder().encode(args);
      const call = plainCall({
        receiverId: "intents.near",
        methodName: "execute_intents",
        payload: { case: "args", value },
      });
      assert.equal(unjudgeable(call), "args are not those of execute_intents");
    }
  });
});
