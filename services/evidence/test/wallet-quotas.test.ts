import assert from "node:assert/strict";
import { defaultQuotas } from "../src/core/quotas.ts";
import { walletQuotas } from "../src/wallet-quotas.ts";

const near = 10n ** 24n;

describe("WALLET_QUOTAS_JSON", () => {
  it("changes what it names, for every wallet and for one", () => {
    const { default: common, exceptions } = walletQuotas(
      JSON.stringify({
        default: { open_workflows: 3, operator_near_per_day: "0.25" },
        "wallet-1": { starts_per_hour: 0, plans_per_minute: 7 },
        "Wallet-1": { open_workflows: 0 },
        __proto__: {},
        constructor: { operator_near_per_day: "0.000000000000000000000001" },
      }),
    );
    const expected = { ...defaultQuotas, openWorkflows: 3, operatorYoctoPerDay: near / 4n };
    assert.deepEqual(common, expected);
    assert.deepEqual(exceptions.get("wallet-1"), { ...expected, startsPerHour: 0, plansPerMinute: 7 });
    assert.deepEqual(exceptions.get("Wallet-1"), { ...expected, openWorkflows: 0 }, "an id is as it is written");
    assert.deepEqual(exceptions.get("constructor"), { ...expected, operatorYoctoPerDay: 1n });
    assert.equal(exceptions.size, 3);
  });

  it("leaves the defaults where it names nothing", () => {
    for (const text of ["{}", '{"default": {}}']) assert.deepEqual(walletQuotas(text).default, defaultQuotas);
  });

  const integer =
    /^Malformed: must have an integer from 0 to (10000|1000000000) as (open_workflows|starts_per_hour|plans_per_minute)$/;
  const amount = /^Malformed: must have a decimal text of NEAR, such as "5" or "0.25", as operator_near_per_day$/;
  const wrong: readonly (readonly [text: string, message: RegExp])[] = [
    ["", /^Malformed: /],
    ["[]", /^Malformed: must be an object of wallet id to quotas$/],
    ["null", /^Malformed: must be an object of wallet id to quotas$/],
    ['{"wallet-1": 5}', /^Malformed: must map each wallet id to an object of quotas$/],
    ['{"wallet-1": null}', /^Malformed: must map each wallet id to an object of quotas$/],
    ['{"default": []}', /^Malformed: must map each wallet id to an object of quotas$/],
    ['{"a wallet": {}}', /^Malformed: must have wallet ids, or default, as its keys$/],
    ['{"": {}}', /^Malformed: must have wallet ids, or default, as its keys$/],
    ['{"default": {"open": 5}}', /^Malformed: may name only open_workflows, /],
    ...["open_workflows", "starts_per_hour", "plans_per_minute"].flatMap((name) =>
      ["-1", "1.5", '"5"', "null", "1e10"].map((value) => [`{"default": {"${name}": ${value}}}`, integer] as const),
    ),
    ['{"default": {"open_workflows": 10001}}', integer],
    ...[
      "5",
      '"-1"',
      '"1e3"',
      '"0.0000000000000000000000001"',
      '""',
      '".5"',
      '"5."',
      '" 5"',
      "null",
      '"10000000000"',
    ].map((value) => [`{"wallet-1": {"operator_near_per_day": ${value}}}`, amount] as const),
  ];
  for (const [text, message] of wrong) {
    it(`refuses ${text}`, () => assert.throws(() => walletQuotas(text), message));
  }
});
