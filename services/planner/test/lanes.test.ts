import assert from "node:assert/strict";
import { reasons } from "../src/core/lanes.ts";
import { planOf } from "./support/planning.ts";

const intents = { receiver_id: "intents.near", method_name: "execute_intents" };
const nearIntents = { near_intents: { kind: "transfer" } };
const staking = { receiver_id: "pool.near", method_name: "withdraw" };
const user = { requires_user_predecessor: true };
const gateRoute = { route: "gate_proxy" };

type Row = readonly [name: string, step: object, expected: string];

/** Lane, models, target and reason in one line. */
function lineOf(step: object): string {
  const [planned] = planOf([step]).plan.steps;
  if (planned === undefined) throw new Error("no step");
  const { lane, predecessorModel, orderingModel, policyType, receiverId, methodName, reason } = planned;
  const models = `${predecessorModel}/${orderingModel}/${policyType}`;
  return reason === undefined ? `${lane} ${models} ${receiverId}.${methodName}` : `${lane} ${models} ${reason}`;
}

const gate = "gate_proxy gate/gate_chained/call";
const stepwise = "gate_proxy gate/gate_stepwise/call";
const funding = "funding_setup wallet/normal_tx_or_view/setup";
const view = "funding_setup view/normal_tx_or_view/setup";
const direct = "direct_user user/single_tx_atomic/direct_user";
const reject = "reject none/none/reject";

const withKind: readonly Row[] = [
  [
    "a transfer without deposit goes through the gate",
    { kind: "intents.transfer", token: "a.near", amount: "1", receiver_id: "b.near" },
    `${gate} intents.near.execute_intents`,
  ],
  [
    "a swap with deposit 0 goes through the gate",
    { kind: "intents.swap", token_in: "a.near", token_out: "b.near", amount_in: "1", deposit: "0" },
    `${gate} intents.near.execute_intents`,
  ],
  [
    "raw intents go through the gate, whatever receiver and method they name",
    { kind: "intents.execute_raw", intents: [], receiver_id: "x.near", method_name: "y" },
    `${gate} intents.near.execute_intents`,
  ],
  ...["1", "00", "", "0 ", "+0"].map(
    (deposit): Row => [
      `a transfer with deposit ${JSON.stringify(deposit)} is rejected`,
      { kind: "intents.transfer", token: "a.near", amount: "1", receiver_id: "b.near", deposit },
      `${reject} ${reasons.intentsDeposit}`,
    ],
  ),
  ["wrapping NEAR is funding", { kind: "funding.wrap_near" }, `${funding} wrap.near.near_deposit`],
  ["a deposit is funding", { kind: "funding.intents_deposit" }, `${funding} intents.near.ft_transfer_call`],
  ["a balance check is a view", { kind: "funding.balance_check" }, `${view} balance.balance_check`],
  [
    "a balance check shows its receiver",
    { kind: "funding.balance_check", receiver_id: "usdt.near", method_name: "x" },
    `${view} usdt.near.balance_check`,
  ],
  ["a storage deposit is funding", { kind: "funding.storage_deposit" }, `${funding} storage.storage_deposit`],
  [
    "a storage deposit shows its receiver",
    { kind: "funding.storage_deposit", receiver_id: "usdt.near" },
    `${funding} usdt.near.storage_deposit`,
  ],
  [
    "a function call that needs the user is the user's",
    { kind: "near.function_call", predecessor_requirement: "user_required", ...staking },
    `${direct} pool.near.withdraw`,
  ],
  [
    "a function call that says so the other way is the user's, and may show nothing",
    { kind: "near.function_call", ...user },
    `${direct} .`,
  ],
  [
    "a function call that says nothing is rejected",
    { kind: "near.function_call", ...staking, requires_user_predecessor: false },
    `${reject} ${reasons.functionCall}`,
  ],
  [
    "a function call that wants the gate is rejected",
    { kind: "near.function_call", predecessor_requirement: "wallet", ...staking, ...gateRoute },
    `${reject} ${reasons.functionCall}`,
  ],
  ...["", "intents", "intents.Transfer", "explicit", "unknown"].map(
    (kind): Row => [
      `kind ${JSON.stringify(kind)} is rejected`,
      { kind, ...staking, ...gateRoute },
      `${reject} ${reasons.unknownKind}`,
    ],
  ),
];

const withoutKind: readonly Row[] = [
  [
    "near_intents to the verifier go through the gate",
    { ...intents, ...nearIntents },
    `${gate} intents.near.execute_intents`,
  ],
  [
    "near_intents decide before requires_user_predecessor",
    { ...intents, ...nearIntents, ...user, ...gateRoute },
    `${gate} intents.near.execute_intents`,
  ],
  ["kind null is no kind", { kind: null, ...intents, ...nearIntents }, `${gate} intents.near.execute_intents`],
  [
    "near_intents to another contract are rejected",
    { ...intents, receiver_id: "other.near", ...nearIntents },
    `${reject} ${reasons.nearIntents}`,
  ],
  [
    "near_intents to another method are rejected",
    { ...intents, method_name: "simulate_intents", ...nearIntents, ...gateRoute },
    `${reject} ${reasons.nearIntents}`,
  ],
  [
    "near_intents with a deposit are rejected",
    { ...intents, deposit: "00", ...nearIntents },
    `${reject} ${reasons.nearIntents}`,
  ],
  ["near_intents null are none", { ...intents, near_intents: null }, `${reject} ${reasons.ambiguous}`],
  [
    "the gate cannot satisfy requires_user_predecessor",
    { ...staking, ...gateRoute, ...user, operation: "staking" },
    `${reject} ${reasons.gateProxy}`,
  ],
  ["a caller can vouch for a call", { ...staking, ...gateRoute }, `${stepwise} pool.near.withdraw`],
  [
    "a caller can vouch for what would be funding",
    { receiver_id: "wrap.near", method_name: "near_deposit", ...gateRoute, operation: "wrap_near" },
    `${stepwise} wrap.near.near_deposit`,
  ],
  [
    "a call can ask for the funding lane",
    { ...staking, route: "funding_setup", ...user },
    `${funding} pool.near.withdraw`,
  ],
  [
    "near_deposit on wrap.near is funding",
    { receiver_id: "wrap.near", method_name: "near_deposit" },
    `${funding} wrap.near.near_deposit`,
  ],
  [
    "near_deposit elsewhere is not",
    { receiver_id: "other.near", method_name: "near_deposit" },
    `${reject} ${reasons.ambiguous}`,
  ],
  [
    "storage_deposit is funding",
    { receiver_id: "a.near", method_name: "storage_deposit" },
    `${funding} a.near.storage_deposit`,
  ],
  [
    "storage_balance_of is a view",
    { receiver_id: "a.near", method_name: "storage_balance_of" },
    `${view} a.near.storage_balance_of`,
  ],
  ["ft_balance_of is a view", { receiver_id: "a.near", method_name: "ft_balance_of" }, `${view} a.near.ft_balance_of`],
  ["operation balance_read is a view", { ...staking, operation: "balance_read" }, `${view} pool.near.withdraw`],
  ...["funding_setup", "intents_deposit", "storage_setup", "wrap_near"].map(
    (operation): Row => [
      `operation ${operation} is funding, before anything about the user`,
      { ...staking, operation, ...user, route: "direct_user" },
      `${funding} pool.near.withdraw`,
    ],
  ),
  ["requires_user_predecessor makes a call the user's", { ...staking, ...user }, `${direct} pool.near.withdraw`],
  ["a call can ask for the user's lane", { ...staking, route: "direct_user" }, `${direct} pool.near.withdraw`],
  ...["staking", "rewards", "staking_reward_withdraw"].map(
    (operation): Row => [
      `operation ${operation} is the user's`,
      { ...staking, operation },
      `${direct} pool.near.withdraw`,
    ],
  ),
  ["any other call is ambiguous", { ...staking, operation: "stake" }, `${reject} ${reasons.ambiguous}`],
];

describe("the lane of a step with kind", () => {
  for (const [name, step, expected] of withKind) it(name, () => assert.equal(lineOf(step), expected));
});

describe("the lane of a step without kind", () => {
  for (const [name, step, expected] of withoutKind) it(name, () => assert.equal(lineOf(step), expected));

  it("is judged by the verifier that is configured", () => {
    const step = { ...intents, receiver_id: "verifier.testnet", ...nearIntents };
    const [planned] = planOf([step], { limits: { verifierId: "verifier.testnet" } }).plan.steps;
    assert.equal(planned?.lane, "gate_proxy");
  });
});

describe("wrapping NEAR", () => {
  const wrap = { receiver_id: "wrap.testnet", method_name: "near_deposit" };
  const shown = (steps: readonly object[], wrappedNearId: string) => {
    const { plan } = planOf(steps, { limits: { wrappedNearId } });
    return plan.steps.map(({ lane, receiverId }) => [lane, receiverId]);
  };

  it("is a deposit at the contract that is configured, and at no other", () => {
    const short = { kind: "funding.wrap_near", amount: "1" };
    assert.deepEqual(shown([wrap, short], "wrap.testnet"), [
      ["funding_setup", "wrap.testnet"],
      ["funding_setup", "wrap.testnet"],
    ]);
    assert.deepEqual(shown([wrap, short], "wrap.near"), [
      ["reject", "wrap.testnet"],
      ["funding_setup", "wrap.near"],
    ]);
    const { plan } = planOf([wrap], { limits: { wrappedNearId: "wrap.testnet" } });
    assert.match(plan.setupRequirements[0]?.requirement ?? "", /: wrap NEAR with /);
  });
});

describe("a gate batch", () => {
  const vouched = { ...staking, ...gateRoute };
  const inBatch = (step: object, gate_batch = "b") => ({ ...step, gate_batch });
  const lanes = (...steps: object[]) => planOf(steps).plan.steps.map(({ lane, reason }) => reason ?? lane);
  const mixed = reasons.mixedBatch;

  const rows: readonly (readonly [name: string, steps: readonly object[], expected: readonly string[]])[] = [
    ["of gate steps is one", [inBatch(vouched), inBatch(vouched)], ["gate_proxy", "gate_proxy"]],
    [
      "of a gate step and a user's step is rejected whole",
      [inBatch(vouched), inBatch({ ...staking, ...user })],
      [mixed, mixed],
    ],
    [
      "of a gate step and one rejected with route gate_proxy is rejected whole",
      [inBatch({ ...staking, ...gateRoute, ...user }), inBatch(vouched)],
      [mixed, mixed],
    ],
    [
      "of a gate step and an unknown kind that asks for the gate is rejected whole",
      [inBatch(vouched), inBatch({ kind: "x", ...gateRoute })],
      [mixed, mixed],
    ],
    [
      "of a gate step and another rejected one keeps its own reasons",
      [inBatch(vouched), inBatch(staking)],
      ["gate_proxy", reasons.ambiguous],
    ],
    [
      "of a gate step and funding is not mixed",
      [inBatch(vouched), inBatch({ kind: "funding.wrap_near" })],
      ["gate_proxy", "funding_setup"],
    ],
    [
      "of a gate step and funding that needs the user is rejected whole",
      [inBatch(vouched), inBatch({ kind: "funding.wrap_near", ...user })],
      [mixed, mixed],
    ],
    ["of one step that is both is rejected", [inBatch({ ...intents, ...nearIntents, ...user })], [mixed]],
    [
      "of user's steps only is not mixed",
      [inBatch({ ...staking, ...user }), inBatch({ ...staking, ...gateRoute, ...user })],
      ["direct_user", reasons.gateProxy],
    ],
    [
      "does not touch other batches, or steps without one",
      [inBatch(vouched), inBatch({ ...staking, ...user }), inBatch(vouched, "c"), vouched],
      [mixed, mixed, "gate_proxy", "gate_proxy"],
    ],
    ["may have the empty name", [inBatch(vouched, ""), inBatch({ ...staking, ...user }, "")], [mixed, mixed]],
    ["without a name is none", [vouched, { ...staking, ...user }], ["gate_proxy", "direct_user"]],
    [
      "is not mixed by a step that would jam the gate",
      [inBatch(vouched), inBatch({ ...vouched, gas: "0" })],
      ["gate_proxy", "steps[1].gas must be from 1 to 130000000000000, which is what the gate can pass on"],
    ],
  ];
  for (const [name, steps, expected] of rows) it(name, () => assert.deepEqual(lanes(...steps), expected));
});

describe("an empty plan", () => {
  it("is accepted, and nothing to execute", () => {
    const { plan, calls } = planOf([]);
    assert.deepEqual(plan, { accepted: true, executable: false, steps: [], setupRequirements: [], unchecked: [] });
    assert.deepEqual(calls, []);
  });
});
