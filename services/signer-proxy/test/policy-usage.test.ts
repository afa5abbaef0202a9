import assert from "node:assert/strict";
import { policyChecks } from "../src/core/policy-checks.ts";
import { noUsage } from "../src/core/policy-usage.ts";
import { actions, asked, unjudgeable, wrapped } from "./support/policy-questions.ts";
import { intentsCall, plainCall, signedBy, terms, transfer } from "./support/samples.ts";

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
