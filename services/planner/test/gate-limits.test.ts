import assert from "node:assert/strict";
import type { Facts } from "../src/core/facts.ts";
import { callOf, facts, gateCall, nearIntentsCall, planOf, problemOf, transfer } from "./support/planning.ts";

const gasReason = "steps[0].gas must be from 1 to 130000000000000, which is what the gate can pass on";
const depositReason = "steps[0].deposit must be at most 1 yoctoNEAR, for the gate pays it";
const methodReason =
  "steps[0].method_name must match [A-Za-z0-9_]{1,256}, for the gate writes it into its trace as it is";

describe("what would leave the gate stuck for everybody is rejected (rule: gate-jam-is-rejected)", () => {
  const rows: readonly (readonly [name: string, step: object, reason: string])[] = [
    ["no gas", { ...gateCall, gas: "0" }, gasReason],
    ["one unit of gas too much", { ...gateCall, gas: "130000000000001" }, gasReason],
    ["far too much gas", { ...gateCall, gas: "9".repeat(10_000) }, gasReason],
    ["too much gas of a transfer", { ...transfer, gas: "130000000000001" }, gasReason],
    ["no gas of signed intents", { ...nearIntentsCall, gas: "0" }, gasReason],
    ["too large a deposit", { ...gateCall, deposit: "2" }, depositReason],
    ["far too large a deposit", { ...gateCall, deposit: "9".repeat(10_000) }, depositReason],
    ["an empty method name", { ...gateCall, method_name: "" }, methodReason],
    ["a method name over 256 bytes", { ...gateCall, method_name: "m".repeat(257) }, methodReason],
    ["a method name with a quote", { ...gateCall, method_name: 'a"' }, methodReason],
    ["a method name with a line end", { ...gateCall, method_name: "a\n" }, methodReason],
    ["a method name that is no ASCII", { ...gateCall, method_name: "é" }, methodReason],
    [
      "a call of the gate through itself",
      { ...gateCall, receiver_id: "gate.sequential.near", method_name: "continue_chain" },
      "steps[0].receiver_id must not be the gate gate.sequential.near itself",
    ],
  ];
  for (const [name, step, reason] of rows) {
    it(name, () => assert.equal(problemOf(step), `rejected: ${reason}`));
  }

  it("but not what just fits", () => {
    assert.equal(
      problemOf({ ...gateCall, gas: "130000000000000", deposit: "1", method_name: "m".repeat(256) }),
      undefined,
    );
    assert.equal(problemOf({ ...gateCall, gas: "1" }), undefined);
  });

  it("by the limits that are configured", () => {
    const limits = { maxInnerGas: 200n, maxDepositYocto: 0n };
    assert.equal(
      problemOf({ ...gateCall, gas: "201" }, { limits }),
      "rejected: steps[0].gas must be from 1 to 200, which is what the gate can pass on",
    );
    assert.equal(
      problemOf({ ...gateCall, gas: "1", deposit: "1" }, { limits }),
      "rejected: steps[0].deposit must be at most 0 yoctoNEAR, for the gate pays it",
    );
  });

  it("and so is the default gas where less is configured", () => {
    assert.match(problemOf(gateCall, { limits: { maxInnerGas: 99n } }) ?? "", /^rejected: steps\[0\]\.gas/);
  });

  it("but off the gate it is nobody's harm", () => {
    const { plan } = planOf([{ kind: "funding.wrap_near", gas: "0", deposit: "9".repeat(99) }]);
    assert.equal(plan.accepted, true);
  });
});

describe("a plain call cannot act on what is the gate's:", () => {
  const args = { route: "gate_proxy", args_json: {} };
  it("anything but execute_intents at the verifier, whoever vouches for it", () => {
    for (const method_name of ["mt_transfer", "ft_withdraw", "add_public_key", "simulate_intents", "mt_balance_of"]) {
      assert.equal(
        problemOf({ ...args, receiver_id: "intents.near", method_name }),
        "rejected: steps[0]: at intents.near the gate may call execute_intents alone, for all else there is done in the gate's own name",
      );
    }
    assert.equal(problemOf({ ...args, receiver_id: "intents.near", method_name: "execute_intents" }), undefined);
    assert.equal(
      problemOf(
        { ...args, receiver_id: "intents.near", method_name: "set" },
        {
          limits: { verifierId: "other.near" },
        },
      ),
      undefined,
    );
  });

  it("transfers, approvals and withdrawals at every receiver, but not what only reads", () => {
    for (const method_name of ["ft_transfer_call", "nft_transfer", "mt_batch_transfer", "near_withdraw"]) {
      assert.equal(
        problemOf({ ...args, receiver_id: "wrap.near", method_name }),
        `rejected: steps[0]: ${method_name} acts on what belongs to its caller, and through the gate that is the gate, for everybody`,
      );
    }
    assert.equal(problemOf({ ...args, receiver_id: "wrap.near", method_name: "ft_total_supply" }), undefined);
  });

  it("only where it would go through the gate", () => {
    const { plan } = planOf([
      { receiver_id: "wrap.near", method_name: "ft_transfer", requires_user_predecessor: true },
    ]);
    assert.equal(plan.steps[0]?.lane, "direct_user");
  });
});

describe("what is no number is accepted as its lane, and not executable (rule: bad-value-is-recorded)", () => {
  const rows: readonly (readonly [name: string, step: object, problem: string])[] = [
    ...["", "1.5", "-1", "+1", "01", "1e3", " 1", "0x1", "١"].flatMap((bad) => [
      [`gas ${JSON.stringify(bad)}`, { ...gateCall, gas: bad }, "steps[0].gas must be a decimal string"] as const,
      [
        `deposit ${JSON.stringify(bad)}`,
        { ...gateCall, deposit: bad },
        "steps[0].deposit must be a decimal string",
      ] as const,
    ]),
    [
      "a receiver that is no account",
      { ...gateCall, receiver_id: "Not.Near" },
      "steps[0].receiver_id is not an account id",
    ],
    ["an empty receiver", { ...gateCall, receiver_id: "" }, "steps[0].receiver_id is not an account id"],
  ];
  for (const [name, step, problem] of rows) {
    it(name, () => {
      const { plan } = planOf([step]);
      assert.equal(plan.accepted, true);
      assert.equal(plan.executable, false);
      assert.equal(plan.steps[0]?.lane, "gate_proxy");
      assert.deepEqual(plan.setupRequirements, [{ step: 0, requirement: problem }]);
    });
  }
});

describe("in a workflow (rule: absent-gas-and-deposit)", () => {
  it("an absent deposit is 0 and absent gas is 100 Tgas, with and without kind (rule: absent-gas-and-deposit)", () => {
    for (const step of [transfer, gateCall, nearIntentsCall]) {
      const { gas, deposit } = callOf(step);
      assert.deepEqual({ gas, deposit }, { gas: "100000000000000", deposit: "0" });
    }
  });

  it("given ones are taken as they are (rule: absent-gas-and-deposit)", () => {
    const { gas, deposit } = callOf({ ...gateCall, gas: "7", deposit: "1" });
    assert.deepEqual({ gas, deposit }, { gas: "7", deposit: "1" });
  });
});

describe("a chain of gate steps", () => {
  const chain = (length: number, given: Partial<Facts>) =>
    planOf(Array(length).fill(transfer), { facts: { ...facts, ...given } }).plan;

  const rows: readonly (readonly [caps: readonly number[] | undefined, longest: number])[] = [
    [[3, 6, 12], 12],
    [[3, 6], 6],
    [[1], 1],
    // Longer chains are not what policy, nonces and signatures are made for.
    [[3, 6, 12, 24], 12],
    [undefined, 12],
  ];
  for (const [caps, longest] of rows) {
    it(`has at most ${longest} calls where the tiers are ${caps ?? "not known"}`, () => {
      const feeTiers = caps?.map((cap) => ({ cap }));
      assert.equal(chain(longest, { feeTiers }).executable, true);
      const plan = chain(longest + 1, { feeTiers });
      assert.equal(plan.accepted, false);
      const reason = `the gate takes at most ${longest} calls in one chain, and this workflow has ${longest + 1}`;
      assert.deepEqual(new Set(plan.steps.map((step) => step.reason)), new Set([reason]));
    });
  }

  it("is not what bounds a workflow that halts at a failure: its calls are resumed one by one", () => {
    const stepwise = (length: number) =>
      planOf(Array(length).fill(transfer), { facts: { ...facts, feeTiers: [{ cap: 1 }] }, haltOnFailure: true }).plan;
    assert.equal(stepwise(12).executable, true);
    const reason = "a workflow takes at most 12 calls through the gate, and this one has 13";
    assert.deepEqual(new Set(stepwise(13).steps.map((step) => step.reason)), new Set([reason]));
  });

  it("does not count steps off the gate", () => {
    const plan = planOf([...Array(12).fill(transfer), { kind: "funding.wrap_near" }]).plan;
    assert.equal(plan.accepted, true);
  });
});
