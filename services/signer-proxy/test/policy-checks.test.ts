import assert from "node:assert/strict";
import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { type ActionTypes, defaultActionTypes } from "../src/core/action-types.ts";
import { policyChecks } from "../src/core/policy-checks.ts";
import { noUsage, type Usage } from "../src/core/policy-usage.ts";
import { intentsCall, plainCall, transfer } from "./support/samples.ts";

const wrapped = "nep141:wrap.near";

function actions(calls: readonly GateCall[], types: ActionTypes = defaultActionTypes, usage: Usage = noUsage) {
  const found = policyChecks(calls, types, usage);
  assert.equal(found.kind, "checks");
  return found.checks;
}

/** What policy is asked about the intents of one step, the call itself left out. */
function asked(intents: readonly object[]) {
  return actions([intentsCall(intents)])
    .slice(1)
    .map(({ action: { type, token, to, amount } }) => ({ type, token, ...(to === undefined ? {} : { to }), amount }));
}

function unjudgeable(call: GateCall, usage: Usage = noUsage) {
  const found = policyChecks([plainCall(), call], defaultActionTypes, usage);
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
      "a swap: what goes out, to nobody in particular",
      { intent: "token_diff", diff: { [wrapped]: "-5", "nep141:usdc.near": "7", "nep141:c.near": "-1" } },
      [
        { type: "intents_swap", token: wrapped, amount: "5" },
        { type: "intents_swap", token: "nep141:c.near", amount: "1" },
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
      "a storage deposit: wNEAR, to the contract that is paid",
      { intent: "storage_deposit", contract_id: "usdc.near", deposit_for_account_id: "bob.near", amount: "2" },
      [{ type: "intents_withdraw", token: wrapped, to: "usdc.near", amount: "2" }],
    ],
    [
      "an authenticated call with a deposit: wNEAR",
      { intent: "auth_call", contract_id: "dao.near", msg: "{}", attached_deposit: "3" },
      [{ type: "call", token: wrapped, to: "dao.near", amount: "3" }],
    ],
    ["nothing of an authenticated call without one", { intent: "auth_call", contract_id: "dao.near", msg: "{}" }, []],
    ["nothing of a new key", { intent: "add_public_key", public_key: "ed25519:1" }, []],
    ["nothing of a removed key", { intent: "remove_public_key", public_key: "ed25519:1" }, []],
    ["nothing of the predecessor switch", { intent: "set_auth_by_predecessor_id", enabled: false }, []],
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
      actions([intentsCall([transfer("1")])], types).map(({ action }) => action.type),
      ["delete", "transfer"],
    );
  });
});

describe("usage in policy checks", () => {
  it("counts what earlier steps, and earlier intents of the same step, move of the same token", () => {
    const checks = actions([
      intentsCall([transfer("10"), transfer("5"), transfer("1", "bob.near", "nep141:usdc.near")]),
      plainCall({ deposit: "1" }),
      intentsCall([{ intent: "token_diff", diff: { [wrapped]: "-2", "nep141:usdc.near": "9" } }]),
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
    const last = actions([plainCall(), intentsCall([transfer("10"), transfer("5")])], defaultActionTypes, usage).at(-1);
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
    assert.deepEqual(actions([intentsCall([transfer("1")])], defaultActionTypes, full).at(-1)?.action.amount, "1");
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
    const found = policyChecks(calls, defaultActionTypes, noUsage);
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
    ["decision 14: a duplicate key", intentsCall('[{"a":1,"a":2}]'), "intents has a duplicate object key"],
    [
      "an unknown intent",
      intentsCall([{ intent: "imt_burn" }]),
      "intents[0].intent is not an intent that policy can judge",
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
      "workflow moves value in more than 256 places",
    ],
    [
      "a counterparty's payload that would break out of its place",
      intentsCall([], { counterparty: ['{}],"signed":[{}'] }),
      "counterparty_signed[0] is not JSON",
    ],
    [
      "one that is no object",
      intentsCall([], { counterparty: ["{}", "[]"] }),
      "counterparty_signed[1] must be an object",
    ],
  ];
  for (const [name, call, reason] of rows) {
    it(`${name}`, () => assert.equal(unjudgeable(call), reason));
  }
});
