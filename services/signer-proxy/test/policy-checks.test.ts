import assert from "node:assert/strict";
import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { defaultActionTypes, powerKinds } from "../src/core/action-types.ts";
import type { IntentKind } from "../src/core/intent-kinds.ts";
import { type PolicyTerms, policyChecks } from "../src/core/policy-checks.ts";
import { noUsage, type Usage } from "../src/core/policy-usage.ts";
import { intentsCall, plainCall, signedBy, terms, transfer, walletAccountId } from "./support/samples.ts";

const wrapped = "nep141:wrap.near";

function actions(calls: readonly GateCall[], change: Partial<PolicyTerms> = {}, usage: Usage = noUsage) {
  const found = policyChecks(calls, { ...terms, ...change }, usage);
  assert.equal(found.kind, "checks");
  return found.checks;
}

/** What policy is asked about the intents of one step, the call itself left out. */
function asked(intents: readonly object[], change: Partial<PolicyTerms> = {}, makers: readonly string[] = []) {
  return actions([intentsCall(intents, { counterparty: makers.map(signedBy) })], change)
    .slice(1)
    .map(({ action: { type, token, to, amount, receives } }) => {
      return {
        type,
        token,
        ...(to === undefined ? {} : { to }),
        amount,
        ...(receives === undefined ? {} : { receives }),
      };
    });
}

function unjudgeable(call: GateCall, usage: Usage = noUsage) {
  const found = policyChecks([plainCall(), call], terms, usage);
  assert.equal(found.kind, "unjudgeable");
  assert.equal(found.step, 1);
  return found.reason;
}

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

describe("NEAR that an intent pays", () => {
  const paying: readonly object[] = [
    { intent: "native_withdraw", receiver_id: "bob.near", amount: "8" },
    { intent: "storage_deposit", contract_id: "usdc.near", deposit_for_account_id: "usdc.near", amount: "8" },
    { intent: "auth_call", contract_id: "dao.near", msg: "{}", attached_deposit: "8" },
    { intent: "ft_withdraw", token: "usdc.near", receiver_id: "bob.near", amount: "1", storage_deposit: "8" },
    { intent: "nft_withdraw", token: "nft.near", receiver_id: "bob.near", token_id: "1", storage_deposit: "8" },
  ];
  for (const intent of paying) {
    it(`cannot be counted as another token than what the verifier takes: ${JSON.stringify(intent)}`, () => {
      for (const wrappedNearId of ["wrap.near", "wrap.testnet"]) {
        const tokens = asked([intent], { wrappedNearId }).filter(({ amount }) => amount === "8");
        assert.deepEqual(
          tokens.map(({ token }) => token),
          [`nep141:${wrappedNearId}`],
        );
      }
    });
  }
});

describe("usage in policy checks", () => {
  it("counts what earlier steps, and earlier intents of the same step, move of the same token", () => {
    const checks = actions([
      intentsCall([transfer("10"), transfer("5"), transfer("1", "bob.near", "nep141:usdc.near")]),
      plainCall({ deposit: "1" }),
      intentsCall([{ intent: "token_diff", diff: { [wrapped]: "-2", "nep141:usdc.near": "9" } }], {
        counterparty: [signedBy("maker.near")],
      }),
    ]);
    assert.deepEqual(
      checks.map(({ step, action }) => [
        step,
        action.token,
        action.current_usage.daily,
        action.current_usage.hourly_tx_count,
      ]),
      [
        [0, "native", {}, 0],
        [0, wrapped, { native: "0" }, 0],
        [0, wrapped, { native: "0", [wrapped]: "10" }, 0],
        [0, "nep141:usdc.near", { native: "0", [wrapped]: "15" }, 0],
        [1, "native", { native: "0", [wrapped]: "15", "nep141:usdc.near": "1" }, 1],
        [2, "native", { native: "1", [wrapped]: "15", "nep141:usdc.near": "1" }, 2],
        [2, wrapped, { native: "1", [wrapped]: "15", "nep141:usdc.near": "1" }, 2],
      ],
    );
    for (const { action } of checks) {
      assert.deepEqual(action.current_usage.hourly, action.current_usage.daily);
      assert.deepEqual(action.current_usage.monthly, action.current_usage.daily);
    }
  });

  it("starts from what other workflows moved, window by window", () => {
    const usage = {
      hourly: new Map([[wrapped, 1n]]),
      daily: new Map([[wrapped, 2n]]),
      monthly: new Map([["native", 3n]]),
      hourlyTxCount: 4,
    };
    const last = actions([plainCall(), intentsCall([transfer("10"), transfer("5")])], {}, usage).at(-1);
    assert.deepEqual(last?.action.current_usage, {
      hourly: { native: "0", [wrapped]: "11" },
      daily: { native: "0", [wrapped]: "12" },
      monthly: { native: "3", [wrapped]: "10" },
      hourly_tx_count: 5,
    });
    assert.equal(usage.hourly.get(wrapped), 1n);
  });

  it("never lets usage and amount reach 2^127, so that their sum cannot wrap", () => {
    const most = 2n ** 127n - 1n;
    const full = { ...noUsage, monthly: new Map([[wrapped, most - 1n]]) };
    assert.deepEqual(actions([intentsCall([transfer("1")])], {}, full).at(-1)?.action.amount, "1");
    const tooMuch = "usage of nep141:wrap.near would be 2^127 or more, which policy cannot judge";
    assert.equal(unjudgeable(intentsCall([transfer("2")]), full), tooMuch);
    assert.equal(unjudgeable(intentsCall([transfer(most.toString()), transfer("1")])), tooMuch);
    assert.match(unjudgeable(intentsCall([transfer((2n ** 127n).toString())])), /nep141:wrap.near is 2\^127 or more/);
    assert.match(unjudgeable(plainCall({ deposit: (2n ** 127n).toString() })), /native is 2\^127 or more/);
  });
});

describe("what a step counts", () => {
  it("is what it moves by token, the deposit as native, and nothing of what it does not move", () => {
    const calls = [
      plainCall({ deposit: "7" }),
      intentsCall([transfer("10"), transfer("5"), { ...transfer("3"), tokens: { "nep141:usdc.near": "3" } }]),
      plainCall(),
    ];
    const found = policyChecks(calls, terms, noUsage);
    assert.equal(found.kind, "checks");
    const expected = [{ native: 7n }, { [wrapped]: 15n, "nep141:usdc.near": 3n }, {}];
    assert.deepEqual(
      found.moves.map((moved) => Object.fromEntries(moved)),
      expected,
    );
  });
});

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

describe("intents that give power over the wallet (rule: power-has-a-type-of-its-own)", () => {
  const key = "ed25519:5TagutioHgKLh7KZ1VEFBYfgRkPtqnKm9LoMnJMJugxm";
  const rows: readonly [kind: "add_public_key" | "remove_public_key" | "set_auth_by_predecessor_id", fields: object][] =
    [
      ["add_public_key", { public_key: key }],
      ["remove_public_key", { public_key: key }],
      ["set_auth_by_predecessor_id", { enabled: true }],
    ];
  for (const [kind, fields] of rows) {
    const intent = { intent: kind, ...fields };
    it(`${kind} cannot be signed where the operator has named no type for it`, () => {
      const reason = `${kind} changes who may act for the wallet, and the operator has named no policy type for it`;
      assert.equal(unjudgeable(intentsCall([transfer("1"), intent])), reason);
    });

    it(`${kind} cannot pass as a call: it is asked about under the type that the operator named`, () => {
      const types = { ...defaultActionTypes, [kind]: "wallet_power" };
      const to = kind === "set_auth_by_predecessor_id" ? {} : { to: key };
      assert.deepEqual(asked([intent], { types }), [{ type: "wallet_power", token: "native", ...to, amount: "0" }]);
    });
  }
});

describe("a swap (rule: policy-sees-who-gets-what)", () => {
  const usdc = "nep141:usdc.near";
  const swap = { intent: "token_diff", diff: { [wrapped]: "-5", [usdc]: "7", "nep141:c.near": "-1" } };
  const receives = { [usdc]: "7" };
  const out = [
    { type: "intents_swap", token: wrapped, amount: "5", receives },
    { type: "intents_swap", token: "nep141:c.near", amount: "1", receives },
  ];

  it("cannot hide who gets it: asked about with each who signed beside it, what goes out and what must come in", () => {
    const makers = ["maker.near", "taker.near"];
    const expected = out.flatMap((question) => makers.map((to) => ({ ...question, to })));
    assert.deepEqual(
      asked([swap], {}, [...makers, "maker.near"]).map((question) => JSON.stringify(Object.entries(question).sort())),
      expected.map((question) => JSON.stringify(Object.entries(question).sort())),
    );
  });

  it("counts what goes out once, however many could get it", () => {
    const counterparty = ["maker.near", "taker.near"].map(signedBy);
    const found = policyChecks([intentsCall([swap, transfer("1")], { counterparty })], terms, noUsage);
    assert.equal(found.kind, "checks");
    assert.deepEqual(Object.fromEntries(found.moves[0] ?? []), { [wrapped]: 6n, "nep141:c.near": 1n });
    assert.equal(found.checks.at(-1)?.action.current_usage.daily[wrapped], "5");
  });

  it("is asked about without saying who gets it where the operator wants that", () => {
    assert.deepEqual(asked([swap], { swapTo: "none" }, ["maker.near"]), out);
    assert.deepEqual(asked([swap], { swapTo: "none" }), out);
  });

  it("that only brings in is nobody's gain", () => {
    assert.deepEqual(asked([{ intent: "token_diff", diff: { [usdc]: "7" } }]), []);
  });

  it("is denied where the counterparty is the wallet itself, whose payload policy was not asked about", () => {
    const call = intentsCall([swap], { counterparty: [signedBy("maker.near"), signedBy(walletAccountId)] });
    assert.equal(unjudgeable(call), "counterparty_signed[1] is signed by the wallet itself");
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
