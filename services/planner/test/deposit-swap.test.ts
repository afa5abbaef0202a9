import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { JsonObject } from "@bufbuild/protobuf";
import { keyPairFromSeed } from "@outlayer/near";
import { quoteParts, signedQuote } from "../../../test/support/one-click-quote.ts";
import { isSignedBy } from "../src/core/deposit-quote.ts";
import { callOf, facts, planOf, problemOf, walletAccount } from "./support/planning.ts";

const now = Date.UTC(2029, 0, 1);
const verifier = { feePips: 1n, finalTimeMs: now, payloads: new Map() };
const at = (ms: number) => new Date(ms).toISOString();
const address = "0xbff77166b39599e54e391156eef7b8191e02be92";

const { quoteRequest, quote } = quoteParts(walletAccount, now);
const answer = (changed: { quoteRequest?: JsonObject; quote?: JsonObject } = {}) =>
  signedQuote({
    quoteRequest: { ...quoteRequest, ...changed.quoteRequest },
    quote: { ...quote, ...changed.quote },
  });

const swap = {
  kind: "intents.swap",
  token_in: "wrap.near",
  token_out: "nep141:usdt.near",
  amount_in: "1000",
  min_amount_out: "2000",
  deposit_address: address,
};
const settings = { facts: { ...facts, verifier } };
const problem = (step: object) => problemOf({ ...swap, ...step }, settings);

function signedOf(step: object) {
  const { payload } = callOf({ ...swap, ...step }, settings);
  assert.equal(payload?.case, "intents");
  return { ...payload.value, intents: JSON.parse(payload.value.intentsJson ?? "") };
}

describe("a swap by deposit address (rule: quote-is-held-against-the-step)", () => {
  it("is a transfer to the address that ends with its quote, and nothing stays unchecked", () => {
    const { intents, notAfterMs, signerId } = signedOf({ quote: answer() });
    assert.equal(signerId, walletAccount, "signer-proxy signs it for no other account");
    const tokens = { "nep141:wrap.near": "1000" };
    assert.deepEqual(intents, [{ intent: "transfer", receiver_id: address, tokens }]);
    assert.equal(notAfterMs, BigInt(now + 600_000));
    assert.deepEqual(planOf([{ ...swap, quote: answer() }], settings).plan.unchecked, []);
  });

  it("says that its minimum is held against nothing where it has no quote", () => {
    const unchecked = (step: object, facts = settings) => planOf([{ ...swap, ...step }], facts).plan.unchecked;
    assert.deepEqual(unchecked({}), ["deposit_quote"]);
    assert.deepEqual(unchecked({ min_amount_out: undefined }), []);
  });

  it("says so where the chain's time is not known, with its quote or a deadline", () => {
    const unchecked = (step: object) => planOf([{ ...swap, ...step }]).plan.unchecked;
    assert.deepEqual(unchecked({ quote: answer() }), ["chain_time"]);
    assert.deepEqual(unchecked({ min_amount_out: undefined, deadline: at(now + 60_000) }), ["chain_time"]);
    assert.equal(planOf([{ ...swap, quote: answer() }]).uncheckedTime, true);
  });

  for (const [name, changed, ends] of [
    ["the request's time", {}, now + 600_000],
    ["the address's", { quote: { deadline: at(now + 500_000) } }, now + 500_000],
    ["the address's activity", { quote: { timeWhenInactive: at(now + 400_000) } }, now + 400_000],
  ] as const) {
    it(`ends with whatever ends first: ${name}`, () =>
      assert.equal(signedOf({ quote: answer(changed) }).notAfterMs, BigInt(ends)));
  }

  it("ends with its own deadline where that is first", () => {
    const deadline = at(now + 300_000);
    assert.equal(signedOf({ quote: answer(), deadline }).notAfterMs, BigInt(now + 300_000));
    assert.equal(signedOf({ quote: answer(), deadline: at(now + 700_000) }).notAfterMs, BigInt(now + 600_000));
  });

  it("carries the deposit memo, from the quote or from the step, as the transfer's", () => {
    const withMemo = answer({ quote: { depositMemo: "1111111" } });
    for (const step of [
      { quote: withMemo },
      { quote: withMemo, deposit_memo: "1111111" },
      { quote: withMemo, memo: "1111111" },
      { deposit_memo: "1111111" },
    ]) {
      assert.equal(signedOf(step).intents[0].memo, "1111111");
    }
    assert.equal(signedOf({ quote: answer(), memo: "rent" }).intents[0].memo, "rent");
  });

  const foreignKey = signedQuote({ quoteRequest, quote }, keyPairFromSeed(new Uint8Array(32).fill(8)));
  const given = answer();
  const unsignedBy = /^steps\[0\]\.quote is not signed by ed25519:\w+, the key of 1Click$/;
  const rows: readonly (readonly [name: string, step: object, problem: string | RegExp])[] = [
    [
      "for less than the step's minimum",
      { min_amount_out: "2001" },
      "steps[0].min_amount_out is 2001, and the quote promises 2000",
    ],
    ["for another amount", { amount_in: "999" }, "steps[0].amount_in is 999, and the quote is for 1000"],
    ["of another token", { token_in: "usdc.near" }, "steps[0].token_in is not the quote's nep141:wrap.near"],
    ["into another token", { token_out: "usdc.near" }, "steps[0].token_out is not the quote's nep141:usdt.near"],
    ["of another address", { deposit_address: "mike.near" }, "steps[0].deposit_address is not the quote's"],
    ["of another memo", { deposit_memo: "1" }, "steps[0].deposit_memo is not the quote's"],
    [
      "with two memos",
      { quote: answer({ quote: { depositMemo: "1" } }), memo: "rent" },
      "steps[0].memo must be the deposit memo, for a transfer has one memo",
    ],
    [
      "that pays somebody else",
      { quote: answer({ quoteRequest: { recipient: "mallory.near", refundTo: "mallory.near" } }) },
      "steps[0].quote pays mallory.near, which is not the wallet's own account",
    ],
    [
      "that refunds to somebody else",
      { quote: answer({ quoteRequest: { refundTo: "mallory.near" } }) },
      "steps[0].quote refunds to mallory.near, which is not the account that it pays",
    ],
    [
      "that pays on another chain",
      { quote: answer({ quoteRequest: { recipientType: "DESTINATION_CHAIN" } }) },
      "steps[0].quote.quoteRequest.recipientType must be INTENTS",
    ],
    [
      "that refunds on another chain",
      { quote: answer({ quoteRequest: { refundType: "ORIGIN_CHAIN" } }) },
      "steps[0].quote.quoteRequest.refundType must be INTENTS",
    ],
    [
      "that has the recipient's contract called",
      { quote: answer({ quoteRequest: { customRecipientMsg: "{}" } }) },
      "steps[0].quote.quoteRequest.customRecipientMsg is not supported",
    ],
    [
      "that is a dry run",
      { quote: answer({ quoteRequest: { dry: true } }) },
      "steps[0].quote.quoteRequest.dry must be false",
    ],
    [
      "for whatever is deposited",
      { quote: answer({ quoteRequest: { swapType: "FLEX_INPUT" } }) },
      "steps[0].quote.quoteRequest.swapType must be EXACT_INPUT or EXACT_OUTPUT",
    ],
    [
      "without an address",
      { quote: answer({ quote: { depositAddress: null } }) },
      "steps[0].quote.quote.depositAddress must be a string",
    ],
    [
      "of no amount",
      { quote: answer({ quote: { minAmountOut: "0" } }) },
      "steps[0].quote.quote.minAmountOut must be a decimal amount",
    ],
    ["that is nothing", { quote: {} }, "steps[0].quote.quoteRequest must be an object"],
    ["that somebody else signed", { quote: foreignKey }, unsignedBy],
    [
      "with another minimum than was signed",
      { quote: { ...given, quote: { ...quote, minAmountOut: "2001" } } },
      unsignedBy,
    ],
    [
      "with another address than was signed",
      { quote: { ...given, quote: { ...quote, depositAddress: "mallory.near" } }, deposit_address: "mallory.near" },
      unsignedBy,
    ],
    ["with another memo than was signed", { quote: { ...given, quote: { ...quote, depositMemo: "2" } } }, unsignedBy],
    ["with a signature of nothing", { quote: { ...given, signatureWithDepositAddress: "ed25519:1" } }, unsignedBy],
    [
      "that has ended",
      { quote: answer({ quoteRequest: { deadline: at(now + 19_999) } }) },
      "steps[0].quote holds until 2029-01-01T00:00:19.999Z: to be dispatched it must hold until 2029-01-01T00:00:20.000Z at least",
    ],
    [
      "under a deadline that is too near",
      { deadline: at(now + 19_999) },
      "steps[0].deadline holds until 2029-01-01T00:00:19.999Z: to be dispatched it must hold until 2029-01-01T00:00:20.000Z at least",
    ],
  ];
  for (const [name, step, expected] of rows) {
    it(`is refused with a quote ${name}`, () => {
      const found = problem({ quote: answer(), ...step });
      if (typeof expected === "string") assert.equal(found, expected);
      else assert.match(found ?? "", expected);
    });
  }

  it("is refused in a second step with the same quote, which is for one deposit", () => {
    const { plan } = planOf(
      [
        { ...swap, quote: answer() },
        { ...swap, quote: answer() },
      ],
      settings,
    );
    const requirement = "steps[1].deposit_address is steps[0].deposit_address: a quote is for one deposit";
    assert.deepEqual([plan.executable, plan.setupRequirements], [false, [{ step: 1, requirement }]]);
    const other = { depositAddress: "other.near" };
    const both = [
      { ...swap, quote: answer() },
      { ...swap, deposit_address: "other.near", quote: answer({ quote: other }) },
    ];
    assert.equal(planOf(both, settings).plan.executable, true);
  });

  it("that ends in twenty seconds can just be dispatched", () =>
    assert.equal(problem({ quote: answer({ quoteRequest: { deadline: at(now + 20_000) } }) }), undefined));

  it("is asked about the wallet's account where that is not known", () => {
    const unknown = { facts: { ...facts, verifier, accountId: undefined } };
    assert.deepEqual(planOf([{ ...swap, quote: answer() }], unknown).plan.unchecked, ["wallet_account"]);
    const elsewhere = answer({ quoteRequest: { refundTo: "mallory.near" } });
    assert.equal(planOf([{ ...swap, quote: elsewhere }], unknown).plan.executable, false);
  });
});

describe("signatures of 1Click's quotes", () => {
  const path = new URL("fixtures/one-click-quotes.json", import.meta.url);
  const { public_key, quoted, of_status } = JSON.parse(readFileSync(path, "utf8"));
  const valid = (answered: JsonObject, signer = public_key) =>
    isSignedBy(answered, answered.signatureWithDepositAddress as string, signer);

  it("are valid on quotes that 1Click has published, as quoted and as its status repeats them", () => {
    assert.equal(valid(quoted), true);
    assert.equal(valid(of_status), true);
  });

  it("are not valid under another key", () => {
    assert.equal(valid(quoted, keyPairFromSeed(new Uint8Array(32)).publicKey), false);
  });

  for (const name of [
    "depositAddress",
    "depositMemo",
    "amountIn",
    "amountOut",
    "minAmountOut",
    "deadline",
    "timeWhenInactive",
  ]) {
    it(`cover ${name} of a quote`, () =>
      assert.equal(valid({ ...quoted, quote: { ...quoted.quote, [name]: "2030-01-01T00:00:00Z" } }), false));
  }
  for (const name of ["originAsset", "destinationAsset", "recipient", "recipientType", "refundTo", "refundType"]) {
    it(`cover ${name} of its request`, () =>
      assert.equal(valid({ ...quoted, quoteRequest: { ...quoted.quoteRequest, [name]: "mallory.near" } }), false));
  }

  it("do not cover the deadline of its request, which has the name of the address's: the address's is held to as well", () => {
    const later = { ...quoted, quoteRequest: { ...quoted.quoteRequest, deadline: "2030-01-01T00:00:00Z" } };
    assert.equal(valid(later), true);
    const late = { ...answer(), quoteRequest: { ...quoteRequest, deadline: at(now + 10 ** 9) } };
    assert.equal(signedOf({ quote: late }).notAfterMs, BigInt(now + 800_000));
  });
});
