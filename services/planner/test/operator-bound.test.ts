import assert from "node:assert/strict";
import { type OperatorCosts, operatorBound } from "../src/core/operator-bound.ts";

const tera = 10n ** 12n;
const milliNear = 10n ** 21n;
const costs: OperatorCosts = { ownGas: 60n * tera, callbackGas: 200n * tera, feeYocto: 30n * milliNear };

type Call = Parameters<typeof operatorBound>[0][number];

const call = (payload: NonNullable<Call["payload"]>, gas = "100000000000000"): Call => {
  return { receiverId: "intents.near", methodName: "execute_intents", gas, deposit: "0", payload };
};
const intents = (list: readonly object[], counterpartySignedJson: string[] = []) =>
  call({ case: "intents", value: { intentsJson: JSON.stringify(list), counterpartySignedJson } });
const transfer = { intent: "transfer", receiver_id: "mike.near", tokens: { "nep141:wrap.near": "1" } };

describe("what a call counts with until it is known what it has cost the operator", () => {
  // Thousandths of a NEAR: 60 of gas and 30 of fee, and one for each Tgas that somebody else may burn.
  const rows: readonly [what: string, calls: readonly Call[], milli: bigint][] = [
    ["nothing for no call", [], 0n],
    ["a transfer within the verifier: what the operator's own part costs", [intents([transfer])], 90n],
    ["that of each of several", [intents([transfer]), intents([transfer])], 180n],
    ["a plain call: all the gas that its target is given", [call({ case: "args", value: new Uint8Array(10) })], 190n],
    ["less of it", [call({ case: "args", value: new Uint8Array() }, "30000000000000")], 120n],
    ["long arguments: all that the gate reserves", [call({ case: "args", value: new Uint8Array(4_097) }, "1")], 290n],
    ["a transfer that tells its receiver", [intents([{ ...transfer, msg: "" }])], 190n],
    [
      "a transfer of several tokens",
      [intents([{ ...transfer, tokens: { "nep141:a.near": "1", "nep141:b.near": "1" } }])],
      190n,
    ],
    ["two transfers", [intents([transfer, transfer])], 190n],
    ["no intent at all", [intents([])], 190n],
    ["a call of a contract", [intents([{ intent: "auth_call", contract_id: "a.near", msg: "" }])], 190n],
    ["a withdrawal", [intents([{ intent: "ft_withdraw", token: "a.near", receiver_id: "b.near", amount: "1" }])], 190n],
    ["what others have signed beside it", [intents([transfer], ["{}"])], 190n],
    [
      "a transfer with a long memo: all that the gate reserves",
      [intents([{ ...transfer, memo: "x".repeat(5_000) }])],
      290n,
    ],
    [
      "a memo that is long in bytes: all that the gate reserves",
      [intents([{ ...transfer, memo: "\u8cc3".repeat(2_000) }])],
      290n,
    ],
  ];
  for (const [what, calls, milli] of rows) {
    it(`is, of ${what}`, () => assert.equal(operatorBound([...calls], costs), milli * milliNear));
  }
});
