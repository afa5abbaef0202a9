import assert from "node:assert/strict";
import { defaultActionTypes } from "../src/core/action-types.ts";
import { policyChecks } from "../src/core/policy-checks.ts";
import { noUsage } from "../src/core/policy-usage.ts";
import { asked, unjudgeable, wrapped } from "./support/policy-questions.ts";
import { intentsCall, signedBy, terms, transfer, walletAccountId } from "./support/samples.ts";

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
