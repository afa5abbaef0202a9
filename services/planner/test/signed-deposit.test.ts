import assert from "node:assert/strict";
import type { JsonObject } from "@bufbuild/protobuf";
import { keyPairFromSeed } from "@outlayer/near";
import { oneClickSigner, quoteParts, signedQuote } from "../../../test/support/one-click-quote.ts";
import { counterpartyPayload, facts, planOf, problemOf } from "./support/planning.ts";

const now = Date.UTC(2029, 0, 1);
const at = (ms: number) => new Date(ms).toISOString();
const verifier = { feePips: 1n, finalTimeMs: now, payloads: new Map() };
const address = "0xbff77166b39599e54e391156eef7b8191e02be92";
/** Whose key signs in these tests. */
const session = "maker.near";
const settings = { facts: { ...facts, accountId: undefined, verifier }, session };
const wrap = "nep141:wrap.near";
const usdt = "nep141:usdt.near";

const { quoteRequest, quote: longer } = quoteParts(session, now);
/** It ends when the deposits of these tests do. */
const quote = { ...longer, deadline: at(now + 600_000), timeWhenInactive: at(now + 600_000) };
const answer = (changed: { quoteRequest?: JsonObject; quote?: JsonObject } = {}, by = oneClickSigner) =>
  signedQuote(
    { quoteRequest: { ...quoteRequest, ...changed.quoteRequest }, quote: { ...quote, ...changed.quote } },
    by,
  );

const deposit = { intent: "transfer", receiver_id: address, tokens: { [wrap]: "1000" } };
let nonces = 0;
const signed = (intents: readonly object[] = [deposit], deadline = at(now + 600_000)) => {
  nonces += 1;
  return counterpartyPayload({ intents, deadline, nonce: Buffer.alloc(32, nonces).toString("base64") });
};
const step = (changed: object = {}) => ({
  kind: "intents.execute_signed",
  payloads: [signed()],
  quote: answer(),
  token_out: usdt,
  min_amount_out: "2000",
  ...changed,
});
const depositOf = (changed: object) => ({ payloads: [signed([{ ...deposit, ...changed }])] });
const place = "steps[0].payloads[0]";

describe("a deposit that a session has signed itself (rule: quote-is-held-against-the-step)", () => {
  it("is carried as it is, beside the quote that it is by", () => {
    const { plan, calls } = planOf([step()], settings);
    assert.deepEqual([plan.executable, plan.unchecked], [true, []]);
    assert.equal(calls[0]?.payload?.case, "own");
  });

  it("needs no minimum, and is held against nothing without a quote", () => {
    assert.equal(problemOf(step({ min_amount_out: undefined }), settings), undefined);
    const bare = { quote: undefined, token_out: undefined, min_amount_out: undefined };
    assert.equal(problemOf(step(bare), settings), undefined);
  });

  it("carries the quote's memo", () => {
    const withMemo = answer({ quote: { depositMemo: "7" } });
    assert.equal(problemOf(step({ quote: withMemo, ...depositOf({ memo: "7" }) }), settings), undefined);
  });

  const alone = "steps[0].payloads must hold the quote's deposit alone: one payload with one transfer of one token";
  const unsigned = `steps[0].quote is not signed by ${oneClickSigner.publicKey}, the key of 1Click`;
  const rows: readonly (readonly [name: string, changed: () => object, problem: string])[] = [
    [
      "of another account",
      () => ({ quote: answer({ quoteRequest: { recipient: "mallory.near", refundTo: "mallory.near" } }) }),
      "steps[0].quote pays mallory.near, which is not the wallet's own account",
    ],
    [
      "that refunds to another account",
      () => ({ quote: answer({ quoteRequest: { refundTo: "mallory.near" } }) }),
      "steps[0].quote refunds to mallory.near, which is not the account that it pays",
    ],
    [
      "for another amount",
      () => depositOf({ tokens: { [wrap]: "999" } }),
      `${place}.intents[0].tokens["${wrap}"] is 999, and the quote is for 1000`,
    ],
    [
      "of another token",
      () => depositOf({ tokens: { [usdt]: "1000" } }),
      `${place}.intents[0].tokens is not the quote's ${wrap}`,
    ],
    ["into another token", () => ({ token_out: "usdc.near" }), `steps[0].token_out is not the quote's ${usdt}`],
    [
      "that promises less",
      () => ({ min_amount_out: "2001" }),
      "steps[0].min_amount_out is 2001, and the quote promises 2000",
    ],
    [
      "at another address",
      () => depositOf({ receiver_id: "mallory.near" }),
      `${place}.intents[0].receiver_id is not the quote's`,
    ],
    [
      "without its memo",
      () => ({ quote: answer({ quote: { depositMemo: "7" } }) }),
      `${place}.intents[0].memo must be the quote's deposit memo`,
    ],
    [
      "with another memo",
      () => ({ quote: answer({ quote: { depositMemo: "7" } }), ...depositOf({ memo: "8" }) }),
      `${place}.intents[0].memo is not the quote's`,
    ],
    ["with a memo that it has not", () => depositOf({ memo: "8" }), `${place}.intents[0].memo is not the quote's`],
    [
      "that is over",
      () => ({
        quote: answer({ quote: { deadline: at(now + 19_999) } }),
        payloads: [signed([deposit], at(now + 19_999))],
      }),
      "steps[0].quote holds until 2029-01-01T00:00:19.999Z: to be dispatched it must hold until 2029-01-01T00:00:20.000Z at least",
    ],
    [
      "that ends before the deposit does",
      () => ({ payloads: [signed([deposit], at(now + 600_001))] }),
      `${place} holds until 2029-01-01T00:10:00.001Z: the quote ends at 2029-01-01T00:10:00.000Z, and a deposit after that may be lost`,
    ],
    [
      "in a deposit that ends too soon",
      () => ({ payloads: [signed([deposit], at(now + 19_999))] }),
      `${place} holds until 2029-01-01T00:00:19.999Z: to be dispatched it must hold until 2029-01-01T00:00:20.000Z at least`,
    ],
    ["that somebody else signed", () => ({ quote: answer({}, keyPairFromSeed(new Uint8Array(32).fill(8))) }), unsigned],
    [
      "with another address than was signed",
      () => ({ quote: { ...answer(), quote: { ...quote, depositAddress: "mallory.near" } } }),
      unsigned,
    ],
    ["that is nothing", () => ({ quote: {} }), "steps[0].quote.quoteRequest must be an object"],
    ["without the token wanted", () => ({ token_out: undefined }), "steps[0].token_out is required beside quote"],
    ["with no token wanted", () => ({ token_out: "x:y" }), "steps[0].token_out is not a token id"],
    ["with no minimum", () => ({ min_amount_out: "0" }), "steps[0].min_amount_out must be greater than zero"],
    ["with a second payload", () => ({ payloads: [signed(), signed([])] }), alone],
    [
      "with a second intent",
      () => ({ payloads: [signed([deposit, { ...deposit, receiver_id: "mallory.near" }])] }),
      alone,
    ],
    ["with a second token", () => depositOf({ tokens: { [wrap]: "1000", [usdt]: "1" } }), alone],
    ["with a notification", () => depositOf({ msg: "{}" }), alone],
    ["with gas for a notification", () => depositOf({ min_gas: "1" }), alone],
    [
      "in another intent than a transfer",
      () => ({ payloads: [signed([{ intent: "token_diff", diff: { [wrap]: "-1000" } }])] }),
      alone,
    ],
    ["with nothing signed", () => ({ payloads: [signed([])] }), alone],
  ];
  for (const [name, changed, expected] of rows) {
    it(`is refused with a quote ${name}`, () => assert.equal(problemOf(step(changed()), settings), expected));
  }

  for (const field of ["amount_in", "amountIn", "token_in", "tokenOut"]) {
    it(`is refused beside ${field}, which its payload says already`, () => {
      const asked = step({ [field]: field.startsWith("amount") ? "1" : "usdc.near" });
      assert.match(problemOf(asked, settings) ?? "", new RegExp(`^steps\\[0\\]\\.${field} `));
    });
  }

  it("says what it wants beside a quote alone", () => {
    for (const [field, value] of [
      ["token_out", usdt],
      ["min_amount_out", "2000"],
    ]) {
      const lone = { quote: undefined, token_out: undefined, min_amount_out: undefined, [field ?? ""]: value };
      assert.equal(problemOf(step(lone), settings), `steps[0].${field} is not supported without quote`);
    }
  });

  it("is refused in a second step with the same quote, which is for one deposit", () => {
    const { plan } = planOf([step(), step()], settings);
    const of = (index: number) => `steps[${index}].payloads[0].intents[0].receiver_id`;
    const requirement = `${of(1)} is ${of(0)}: a quote is for one deposit`;
    assert.deepEqual([plan.executable, plan.setupRequirements], [false, [{ step: 1, requirement }]]);
  });

  it("is not checked against the time where the chain's is not known, and the plan says so", () => {
    const { plan } = planOf([step()], { facts: { ...facts, accountId: undefined }, session });
    assert.deepEqual([plan.executable, plan.unchecked], [true, ["own_payloads"]]);
  });
});
