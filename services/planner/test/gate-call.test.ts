import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  callOf,
  counterpartyPayload,
  gateCall,
  planOf,
  problemOf,
  transfer,
  walletAccount,
} from "./support/planning.ts";

const utf8 = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** The intents of a call, read again. */
function intentsOf(step: object) {
  const { payload, receiverId, methodName } = callOf(step);
  assert.deepEqual([receiverId, methodName], ["intents.near", "execute_intents"]);
  assert.equal(payload?.case, "intents");
  const { intentsJson = "", counterpartySignedJson = [], notAfterMs } = payload.value;
  return { intents: JSON.parse(intentsJson), signed: counterpartySignedJson, notAfterMs };
}

function argsOf(step: object): string {
  const { payload } = callOf(step);
  assert.equal(payload?.case, "args");
  return utf8(payload.value);
}

describe("a transfer", () => {
  it("is one transfer intent", () => {
    assert.deepEqual(intentsOf({ ...transfer, memo: "rent" }), {
      intents: [
        {
          intent: "transfer",
          receiver_id: "mike.near",
          tokens: { "nep141:wrap.near": "1000000000000000000" },
          memo: "rent",
        },
      ],
      signed: [],
      notAfterMs: undefined,
    });
  });

  it("takes a token without a standard as NEP-141", () => {
    const { intents } = intentsOf({ ...transfer, token: "usdt.tether-token.near" });
    assert.deepEqual(intents[0].tokens, { "nep141:usdt.tether-token.near": "1000000000000000000" });
  });

  it("may move up to 2^127 - 1", () => {
    assert.equal(problemOf({ ...transfer, amount: (2n ** 127n - 1n).toString() }), undefined);
  });

  const rows: readonly (readonly [name: string, fields: object, problem: string])[] = [
    ["of nothing", { amount: "0" }, "steps[0].amount must be greater than zero"],
    ["of less than nothing", { amount: "-1" }, "steps[0].amount must be a decimal string"],
    ["of no number", { amount: "" }, "steps[0].amount must be a decimal string"],
    ["of a fraction", { amount: "1.5" }, "steps[0].amount must be a decimal string"],
    ["with a leading zero", { amount: "01" }, "steps[0].amount must be a decimal string"],
    ["of 2^127", { amount: (2n ** 127n).toString() }, "steps[0].amount must be below 2^127"],
    ["of 10,000 digits", { amount: "9".repeat(10_000) }, "steps[0].amount must be below 2^127"],
    ["of an unknown standard", { token: "nep999:a.near" }, "steps[0].token is not a token id"],
    ["of an NFT without id", { token: "nep171:a.near" }, "steps[0].token is not a token id"],
    ["of nothing at all", { token: "" }, "steps[0].token is not a token id"],
    ["to no account", { receiver_id: "Mike" }, "steps[0].receiver_id is not an account id"],
    ["to oneself", { receiver_id: walletAccount }, "steps[0].receiver_id must not be the wallet's own account"],
  ];
  for (const [name, fields, problem] of rows) {
    it(`${name} is not executable (rule: bad-value-is-recorded)`, () =>
      assert.equal(problemOf({ ...transfer, ...fields }), problem));
  }
});

describe("a swap", () => {
  const swap = {
    kind: "intents.swap",
    token_in: "wrap.near",
    token_out: "nep141:usdt.near",
    amount_in: "1000",
    min_amount_out: "2000",
  };
  const payload = counterpartyPayload();

  it("with counterparties is a token_diff, executed together with what they signed, in their order", () => {
    const counterparty_signed = [
      payload,
      counterpartyPayload({ signer_id: "other.near", deadline: "2029-01-01T00:00:00Z" }),
    ];
    assert.deepEqual(intentsOf({ ...swap, counterparty_signed }), {
      intents: [{ intent: "token_diff", diff: { "nep141:wrap.near": "-1000", "nep141:usdt.near": "2000" } }],
      signed: counterparty_signed.map((signed) => JSON.stringify(signed)),
      // Nothing is signed that outlives the other side's word.
      notAfterMs: BigInt(Date.UTC(2029, 0, 1)),
    });
  });

  it("with a deposit address is a transfer to it, whatever else it says", () => {
    const step = { ...swap, deposit_address: "0xbff77166b39599e54e391156eef7b8191e02be92", counterparty_signed: [] };
    assert.deepEqual(intentsOf(step).intents, [
      {
        intent: "transfer",
        receiver_id: "0xbff77166b39599e54e391156eef7b8191e02be92",
        tokens: { "nep141:wrap.near": "1000" },
      },
    ]);
  });

  it("with counterparties does not depend on the wallet's account", () => {
    const unknown = { accountId: undefined, feeTiers: [{ cap: 12 }] };
    const step = { ...swap, counterparty_signed: [payload] };
    assert.deepEqual(planOf([step], { facts: unknown }).plan.unchecked, ["counterparty_payloads"]);
  });

  it("takes payloads of the seven standards, as they were signed", () => {
    const samples = readFileSync(new URL("./fixtures/signed-payload-samples.jsonl", import.meta.url), "utf8");
    const lines = samples.trim().split("\n");
    assert.equal(new Set(lines.map((line) => JSON.parse(line).standard)).size, 7);
    for (const line of lines) {
      assert.deepEqual(intentsOf({ ...swap, counterparty_signed: [JSON.parse(line)] }).signed, [line]);
    }
  });

  const standards = "nep413, erc191, tip191, raw_ed25519, webauthn, ton_connect, sep53";
  const counterparty_signed = [payload];
  const rows: readonly (readonly [name: string, fields: object, problem: string])[] = [
    [
      "with neither counterparties nor address",
      {},
      "steps[0] needs counterparty_signed or deposit_address, for the verifier refuses a swap that does not balance",
    ],
    [
      "with both",
      { counterparty_signed, deposit_address: "a.near" },
      "steps[0] must not have both counterparty_signed and deposit_address",
    ],
    [
      "with counterparties and no min_amount_out",
      { counterparty_signed, min_amount_out: undefined },
      "steps[0].min_amount_out is required beside counterparty_signed",
    ],
    [
      "with a payload of an unknown standard",
      { counterparty_signed: [payload, { standard: "bip322" }] },
      `steps[0].counterparty_signed[1].standard must be one of ${standards}`,
    ],
    [
      "with a payload of no standard",
      { counterparty_signed: [{}] },
      `steps[0].counterparty_signed[0].standard must be one of ${standards}`,
    ],
    ["of an unknown token", { counterparty_signed, token_in: "x:y" }, "steps[0].token_in is not a token id"],
    ["for an unknown token", { counterparty_signed, token_out: "x:y" }, "steps[0].token_out is not a token id"],
    [
      "of a token for itself",
      { counterparty_signed, token_out: "nep141:wrap.near" },
      "steps[0].token_out must not be token_in",
    ],
    ["of nothing", { counterparty_signed, amount_in: "0" }, "steps[0].amount_in must be greater than zero"],
    ["for nothing", { counterparty_signed, min_amount_out: "0" }, "steps[0].min_amount_out must be greater than zero"],
    ["to no address", { deposit_address: "bc1Q" }, "steps[0].deposit_address is not an account id"],
    ["to oneself", { deposit_address: walletAccount }, "steps[0].deposit_address must not be the wallet's own account"],
  ];
  for (const [name, fields, problem] of rows) {
    it(`${name} is accepted, and not executable`, () => assert.equal(problemOf({ ...swap, ...fields }), problem));
  }
});

describe("near_intents", () => {
  const call = { receiver_id: "intents.near", method_name: "execute_intents" };
  const withdraw = { intent: "ft_withdraw", token: "wrap.near", receiver_id: "mike.near", amount: "1" };
  const short = { kind: "transfer", token: "wrap.near", amount: "5", receiver_id: "mike.near" };
  const of = (near_intents: object) => ({ ...call, near_intents });

  it("are signed as given, for the wallet and until the deadline that they name", () => {
    const near_intents = { signer_id: walletAccount, deadline: "2026-04-24T22:00:00.500+02:00", intents: [withdraw] };
    assert.deepEqual(intentsOf(of(near_intents)), {
      intents: [withdraw],
      signed: [],
      notAfterMs: BigInt(Date.UTC(2026, 3, 24, 20, 0, 0, 500)),
    });
  });

  it("have a short form for one transfer, with the same fields beside", () => {
    const near_intents = { ...short, memo: "m", signer_id: walletAccount, deadline: "2026-04-24T20:00:00Z" };
    assert.deepEqual(intentsOf(of(near_intents)), {
      intents: [{ intent: "transfer", receiver_id: "mike.near", tokens: { "nep141:wrap.near": "5" }, memo: "m" }],
      signed: [],
      notAfterMs: BigInt(Date.UTC(2026, 3, 24, 20)),
    });
  });

  it("go with the signer that they name, for whoever signs to check", () => {
    const signerOf = (near_intents: object) => {
      const { payload } = callOf(of(near_intents));
      return payload?.case === "intents" ? payload.value.signerId : "no intents";
    };
    assert.equal(signerOf({ intents: [withdraw], signer_id: walletAccount }), walletAccount);
    assert.equal(signerOf({ ...short, signer_id: walletAccount }), walletAccount);
    assert.equal(signerOf({ intents: [withdraw] }), undefined);
  });

  it("take null for absent, and ignore what they do not know", () => {
    assert.equal(problemOf(of({ intents: [withdraw], signer_id: null, deadline: null, note: 5 })), undefined);
  });

  const at = "steps[0].near_intents";
  const deadlineProblem = `${at}.deadline must be an RFC 3339 time`;
  const rows: readonly (readonly [name: string, near_intents: object, problem: string])[] = [
    ["of nothing", {}, `${at} must have intents, or kind transfer`],
    ["of another kind", { kind: "swap" }, `${at} must have intents, or kind transfer`],
    ["with intents that are no list", { intents: {} }, `${at}.intents must be an array`],
    ["with no intents", { intents: [] }, `${at}.intents must not be empty`],
    [
      "with a wrong intent",
      { intents: [withdraw, { intent: "x" }] },
      `${at}.intents[1].intent is not one of the verifier's intents`,
    ],
    [
      "of somebody else",
      { intents: [withdraw], signer_id: "mike.near" },
      `${at}.signer_id must be the wallet's own account ${walletAccount}`,
    ],
    ["of nobody", { intents: [withdraw], signer_id: 5 }, `${at}.signer_id must be a string`],
    ["with a deadline without offset", { intents: [withdraw], deadline: "2026-04-24T20:00:00" }, deadlineProblem],
    ["with a deadline without seconds", { intents: [withdraw], deadline: "2026-04-24T20:00Z" }, deadlineProblem],
    ["with a deadline that never is", { intents: [withdraw], deadline: "2026-02-30T20:00:00Z" }, deadlineProblem],
    ["with a deadline that is a number", { intents: [withdraw], deadline: 1777000000 }, deadlineProblem],
    ["of a short form without token", { ...short, token: undefined }, `${at}.token is required`],
    ["of a short form without amount", { ...short, amount: undefined }, `${at}.amount is required`],
    ["of a short form to nobody", { ...short, receiver_id: undefined }, `${at}.receiver_id is required`],
    ["of a short form with a number", { ...short, amount: 5 }, `${at}.amount must be a string`],
    ["of a short form with memo 5", { ...short, memo: 5 }, `${at}.memo must be a string`],
    ["of a short form of nothing", { ...short, amount: "0" }, `${at}.amount must be greater than zero`],
    [
      "of a short form to oneself",
      { ...short, receiver_id: walletAccount },
      `${at}.receiver_id must not be the wallet's own account`,
    ],
  ];
  for (const [name, near_intents, problem] of rows) {
    it(`${name} are not executable`, () => {
      assert.equal(planOf([of(near_intents)]).plan.accepted, true);
      assert.equal(problemOf(of(near_intents)), problem);
    });
  }
});

describe("a plain call", () => {
  it("has no arguments when none are given", () => {
    assert.equal(argsOf(gateCall), "");
    assert.equal(argsOf({ ...gateCall, args_base64: null, args_json: null, near_intents: null }), "");
  });

  it("has the bytes of args_base64, even none", () => {
    assert.equal(argsOf({ ...gateCall, args_base64: "eyJhIjogMX0=" }), '{"a": 1}');
    assert.equal(argsOf({ ...gateCall, args_base64: "" }), "");
  });

  it("has a JSON text as it is, and a JSON value compactly", () => {
    assert.equal(
      argsOf({ ...gateCall, args_json: '{ "id": 18446744073709551615 }' }),
      '{ "id": 18446744073709551615 }',
    );
    assert.equal(argsOf({ ...gateCall, args_json: { a: [1, "é"], b: null } }), '{"a":[1,"é"],"b":null}');
    assert.equal(argsOf({ ...gateCall, args_json: 0 }), "0");
    assert.equal(argsOf({ ...gateCall, args_json: false }), "false");
  });

  const one = "steps[0] must include at most one of args_base64, args_json, or near_intents";
  const rows: readonly (readonly [name: string, fields: object, problem: string])[] = [
    ["with args_base64 that is not base64", { args_base64: "e30" }, "steps[0].args_base64 is not base64"],
    ["with args_base64 of the URL alphabet", { args_base64: "_-8=" }, "steps[0].args_base64 is not base64"],
    ["with an args_json text that is not JSON", { args_json: "{a: 1}" }, "steps[0].args_json is not JSON"],
    ["with an empty args_json text", { args_json: "" }, "steps[0].args_json is not JSON"],
    ["with two payloads", { args_base64: "", args_json: {} }, one],
  ];
  for (const [name, fields, problem] of rows) {
    it(`${name} is not executable`, () => assert.equal(problemOf({ ...gateCall, ...fields }), problem));
  }

  it("with intents and arguments is not executable", () => {
    const step = { receiver_id: "intents.near", method_name: "execute_intents", near_intents: {}, args_json: {} };
    assert.equal(problemOf(step), one);
  });
});

describe("a step off the gate", () => {
  const call = { receiver_id: "a.near", method_name: "x" };
  const wrap = "wrap NEAR with POST /wallet/v1/call";
  const deposit = "deposit the tokens with POST /wallet/v1/intents/deposit";
  const balance = "read the balance with GET /wallet/v1/balance?source=intents";
  const storage = "pay for storage with POST /wallet/v1/storage-deposit";
  const otherCall = "make the call with POST /wallet/v1/call";
  const rows: readonly (readonly [step: object, what: string])[] = [
    [{ kind: "funding.wrap_near" }, wrap],
    [{ kind: "funding.intents_deposit" }, deposit],
    [{ kind: "funding.balance_check" }, balance],
    [{ kind: "funding.storage_deposit" }, storage],
    [{ receiver_id: "wrap.near", method_name: "near_deposit" }, wrap],
    [{ ...call, operation: "wrap_near" }, wrap],
    [{ ...call, operation: "intents_deposit" }, deposit],
    [{ ...call, operation: "balance_read" }, balance],
    [{ ...call, method_name: "ft_balance_of" }, balance],
    [{ ...call, method_name: "storage_balance_of" }, balance],
    [{ ...call, operation: "storage_setup" }, storage],
    [{ ...call, method_name: "storage_deposit" }, storage],
    [{ ...call, operation: "funding_setup" }, otherCall],
    [{ ...call, method_name: "near_deposit", route: "funding_setup" }, otherCall],
    [{ ...call, receiver_id: "wrap.near", route: "funding_setup" }, otherCall],
  ];
  for (const [step, what] of rows) {
    it(`asks to ${what}: ${JSON.stringify(step)}`, () => {
      const { plan } = planOf([step]);
      assert.equal(plan.executable, false);
      const route = what.replace(/^.* with /, "");
      const requirement = `steps[0] does not go through the gate: ${what} first`;
      assert.deepEqual(plan.setupRequirements, [{ step: 0, requirement, route }]);
    });
  }

  it("names the direct-user lane for the user's own calls", () => {
    const route = "POST /wallet/v1/direct-user/function-call/execute";
    const requirement = `steps[1] must come from the user's own account: use the direct-user lane, ${route}`;
    const { plan } = planOf([transfer, { kind: "near.function_call", predecessor_requirement: "user_required" }]);
    assert.deepEqual(plan.setupRequirements, [{ step: 1, requirement, route }]);
  });
});

describe("a fact that is not known", () => {
  const unknown = { accountId: undefined, feeTiers: undefined };
  const unchecked = (step: object, given: object = {}) =>
    planOf([step], { facts: { ...unknown, ...given } }).plan.unchecked;
  const withdraw = { intent: "native_withdraw", receiver_id: "a.near", amount: "1" };
  const raw = (...intents: object[]) => ({ kind: "intents.execute_raw", intents });

  it("is listed where it bears on the plan", () => {
    assert.deepEqual(unchecked(transfer), ["wallet_account", "gate_fee_tiers"]);
    assert.deepEqual(unchecked(transfer, { feeTiers: [{ cap: 3 }] }), ["wallet_account"]);
    assert.deepEqual(unchecked(transfer, { accountId: walletAccount }), ["gate_fee_tiers"]);
    assert.deepEqual(unchecked(gateCall), ["gate_fee_tiers"]);
    assert.deepEqual(unchecked(raw(withdraw)), ["gate_fee_tiers"]);
    assert.deepEqual(
      unchecked(raw(withdraw, { intent: "transfer", receiver_id: "a.near", tokens: { "nep141:a.near": "1" } })),
      ["wallet_account", "gate_fee_tiers"],
    );
  });

  it("is listed for intents that name their signer", () => {
    const step = { receiver_id: "intents.near", method_name: "execute_intents" };
    assert.deepEqual(unchecked({ ...step, near_intents: { intents: [withdraw] } }), ["gate_fee_tiers"]);
    assert.deepEqual(unchecked({ ...step, near_intents: { intents: [withdraw], signer_id: "x.near" } }), [
      "wallet_account",
      "gate_fee_tiers",
    ]);
  });

  it("leaves its rule out", () => {
    assert.equal(problemOf({ ...transfer, receiver_id: walletAccount }, { facts: unknown }), undefined);
  });

  it("is not listed where the plan could not be executed anyway", () => {
    assert.deepEqual(unchecked({ ...transfer, amount: "0" }), []);
    assert.deepEqual(unchecked({ kind: "nonsense" }), []);
    assert.deepEqual(unchecked({ kind: "funding.wrap_near" }), []);
  });
});
