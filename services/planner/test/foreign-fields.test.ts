import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { callOf, counterpartyPayload, nearIntentsCall, problemOf, transfer } from "./support/planning.ts";

const schemaUrl = new URL("../../signer-proxy/test/fixtures/verifier-schema.json", import.meta.url);
const { fields } = JSON.parse(readFileSync(schemaUrl, "utf8")) as { fields: Record<string, readonly string[]> };
const ofIntents = [...new Set(Object.values(fields).flat())];
const ofPayloads = ["deadline", "nonce", "signer_id", "verifying_contract", "recipient", "callbackUrl"];
const ofQuotes = ["amount_out", "deposit_memo", "quote", "depositMemo", "slippage_tolerance", "quote_hash", "refundTo"];

const swap = { kind: "intents.swap", token_in: "a.near", token_out: "b.near", amount_in: "1000", min_amount_out: "2" };
const counterparty_signed = [counterpartyPayload({ deadline: "2031-01-01T00:00:00Z" })];
const steps = {
  transfer,
  "swap with counterparties": { ...swap, counterparty_signed },
  "swap with a deposit address": { ...swap, deposit_address: "mike.near" },
  "list of intents": { kind: "intents.execute_raw", intents: nearIntentsCall.near_intents.intents },
};

/** Values that are right where the field is carried, and that differ from those of the steps above. */
const values: Record<string, unknown> = {
  amount: "77",
  deadline: "2030-01-01T00:00:00Z",
  min_gas: "77",
  receiver_id: "bob.near",
  quote: {},
  referral: "bob.near",
  state_init: {},
};

/** JSON text of what a step would have signed. */
function signedOf(step: object): string {
  return JSON.stringify(callOf(step).payload, (_key, value) => (typeof value === "bigint" ? `${value}` : value));
}

describe("a field that intents, payloads or quotes know", () => {
  for (const [name, step] of Object.entries(steps)) {
    for (const field of [...ofIntents, "state_init", ...ofPayloads, ...ofQuotes]) {
      it(`${field} of a ${name} cannot be dropped without a word`, () => {
        const asked = { ...step, [field]: values[field] ?? "x.near" };
        const problem = problemOf(asked);
        if (problem === undefined) assert.notEqual(signedOf(asked), signedOf(step));
        else assert.match(problem, new RegExp(`^steps\\[0\\]\\.${field}[ .]`));
        assert.equal(signedOf({ ...step, note: 1, [`${field}_note`]: 1 }), signedOf(step));
      });
    }
  }

  it("a transfer cannot drop anything that intents, payloads or quotes know", () => {
    for (const field of [...ofIntents, ...ofPayloads, ...ofQuotes]) {
      const asked = { ...transfer, [field]: values[field] ?? "x.near" };
      const problem = problemOf(asked);
      if (problem === undefined) assert.notEqual(signedOf(asked), signedOf(transfer), field);
      else assert.match(problem, new RegExp(`^steps\\[0\\]\\.${field}[ .]`));
    }
  });

  it("msg, min_gas, memo and deadline of a transfer cannot be lost", () => {
    const asked = { memo: "rent", msg: "{}", min_gas: "5" };
    const { payload } = callOf({ ...transfer, ...asked, deadline: "2030-01-01T00:00:00Z" });
    assert.equal(payload?.case, "intents");
    const [intent] = JSON.parse(payload.value.intentsJson ?? "");
    assert.deepEqual(intent, {
      intent: "transfer",
      receiver_id: "mike.near",
      tokens: { "nep141:wrap.near": "1000000000000000000" },
      ...asked,
    });
    assert.equal(payload.value.notAfterMs, BigInt(Date.UTC(2030, 0, 1)));
  });

  it("memo, referral and deadline of a swap cannot be lost", () => {
    const asked = { memo: "m", referral: "bob.near" };
    const step = { ...swap, counterparty_signed, ...asked, deadline: "2030-01-01T00:00:00+01:00" };
    const { payload } = callOf(step);
    assert.equal(payload?.case, "intents");
    const [intent] = JSON.parse(payload.value.intentsJson ?? "");
    assert.deepEqual(intent, {
      intent: "token_diff",
      diff: { "nep141:a.near": "-1000", "nep141:b.near": "2" },
      ...asked,
    });
    assert.equal(payload.value.notAfterMs, BigInt(Date.UTC(2029, 11, 31, 23)));
  });

  for (const [name, step] of Object.entries(steps)) {
    it(`a deadline of a ${name} that is no time cannot be ignored`, () => {
      assert.equal(problemOf({ ...step, deadline: "tomorrow" }), "steps[0].deadline must be an RFC 3339 time");
    });
  }

  it("the short form of near_intents cannot drop anything either", () => {
    const short = { kind: "transfer", token: "wrap.near", amount: "1", receiver_id: "mike.near" };
    const of = (near_intents: object) => ({ ...nearIntentsCall, near_intents });
    assert.match(signedOf(of({ ...short, msg: "hello" })), /hello/);
    const unsupported = (field: string) => `steps[0].near_intents.${field} is not supported on a transfer`;
    assert.equal(problemOf(of({ ...short, deposit_memo: "1" })), unsupported("deposit_memo"));
  });

  it("a list in near_intents cannot drop anything, nor the call around it", () => {
    const { near_intents } = nearIntentsCall;
    for (const field of [...ofIntents, ...ofPayloads, ...ofQuotes]) {
      const value = values[field] ?? "x.near";
      if (!["signer_id", "deadline", "intents"].includes(field)) {
        assert.equal(
          problemOf({ ...nearIntentsCall, near_intents: { ...near_intents, [field]: value } }),
          `steps[0].near_intents.${field} is not supported beside intents`,
        );
      }
      if (field === "receiver_id") continue;
      assert.equal(
        problemOf({ ...nearIntentsCall, [field]: value }),
        `steps[0].${field} is not supported beside near_intents`,
      );
    }
    assert.equal(problemOf({ ...nearIntentsCall, note: 1, memo: null }), undefined);
  });

  it("a call without intents to sign keeps whatever stands beside its arguments, for nobody signs it for the wallet", () => {
    const plain = { receiver_id: "count.mike.near", method_name: "increase", args_json: {}, route: "gate_proxy" };
    assert.equal(problemOf({ ...plain, memo: "rent", deadline: "tomorrow" }), undefined);
  });

  it("null in an optional field of an intent cannot have it refused", () => {
    const intents = [
      { intent: "auth_call", contract_id: "a.near", msg: "", attached_deposit: null },
      {
        intent: "storage_deposit",
        contract_id: "a.near",
        deposit_for_account_id: "b.near",
        account_id: null,
        amount: "1",
      },
      {
        intent: "storage_deposit",
        contract_id: "a.near",
        deposit_for_account_id: null,
        account_id: "b.near",
        amount: "1",
      },
    ];
    assert.equal(problemOf({ kind: "intents.execute_raw", intents }), undefined);
  });
});
