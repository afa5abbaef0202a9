import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { Code, ConnectError } from "@connectrpc/connect";
import { GateCallSchema } from "@outlayer/contracts/outlayer/workflow/v1/call";
import fc from "fast-check";
import { noFacts } from "../src/core/facts.ts";
import { facts, gateId, limits, planOf, walletAccount } from "./support/planning.ts";
import { asWallet, startPlanner } from "./support/server.ts";

/** Any value but those with a key `__proto__`, which the reader refuses wherever it stands. */
const readable = fc.jsonValue({ maxDepth: 2 }).filter((value) => !JSON.stringify(value).includes('"__proto__"'));

const decimal = fc.oneof(
  fc.constantFrom("0", "1", "2", "100000000000000", "130000000000000", "130000000000001", "00", "", "-1", "x"),
  fc.bigInt({ min: 0n, max: 2n ** 130n }).map(String),
);
const account = fc.constantFrom("a.near", "wrap.near", "intents.near", gateId, walletAccount, "Bad", "");
const token = fc.constantFrom("wrap.near", "nep141:wrap.near", "nep245:m.near:1", "nep999:x", "");
const method = fc.constantFrom(
  "execute_intents",
  "near_deposit",
  "ft_balance_of",
  "increase",
  "",
  'a"b',
  "m".repeat(257),
);
const intent = fc.oneof(
  fc.record({
    intent: fc.constant("transfer"),
    receiver_id: account,
    tokens: fc.dictionary(token, decimal, { maxKeys: 2 }),
  }),
  fc.constant({ intent: "native_withdraw", receiver_id: "a.near", amount: "1" }),
  fc.constant({ intent: "foo" }),
);
const nearIntents = fc.oneof(
  fc.constant(null),
  fc.record(
    {
      intents: fc.array(intent, { maxLength: 2 }),
      signer_id: account,
      deadline: fc.constantFrom("2026-04-24T20:00:00Z", "soon"),
    },
    { requiredKeys: ["intents"] },
  ),
  fc.record(
    { kind: fc.constant("transfer"), token, amount: decimal, receiver_id: account },
    { requiredKeys: ["kind"] },
  ),
);
const common = {
  receiver_id: account,
  method_name: method,
  gas: decimal,
  deposit: fc.constantFrom("0", "1", "2", "00", "x"),
  route: fc.constantFrom("gate_proxy", "funding_setup", "direct_user"),
  operation: fc.constantFrom("staking", "wrap_near", "balance_read", "other"),
  requires_user_predecessor: fc.boolean(),
  predecessor_requirement: fc.constantFrom("user_required", "wallet"),
  gate_batch: fc.constantFrom("a", "b"),
};
const explicit = fc.record(
  {
    ...common,
    near_intents: nearIntents,
    args_base64: fc.constantFrom(null, "", "e30=", "e30"),
    args_json: fc.oneof(fc.constantFrom(null, "{}", "{"), readable),
  },
  { requiredKeys: ["receiver_id", "method_name"] },
);
const kinds = ["funding.wrap_near", "funding.balance_check", "near.function_call", "", "foo"];
const named = fc.oneof(
  fc.record(
    { ...common, kind: fc.constant("intents.transfer"), token, amount: decimal },
    { requiredKeys: ["kind", "token", "amount", "receiver_id"] },
  ),
  fc.record(
    {
      ...common,
      kind: fc.constant("intents.swap"),
      token_in: token,
      token_out: fc.constant("nep141:usdt.near"),
      amount_in: decimal,
      min_amount_out: decimal,
      deposit_address: account,
      counterparty_signed: fc.array(fc.constantFrom({ standard: "nep413" }, { standard: "x" }), { maxLength: 2 }),
    },
    { requiredKeys: ["kind", "token_in", "token_out", "amount_in"] },
  ),
  fc.record(
    { ...common, kind: fc.constant("intents.execute_raw"), intents: fc.array(intent, { maxLength: 3 }) },
    { requiredKeys: ["kind", "intents"] },
  ),
  fc.record({ ...common, kind: fc.constantFrom(...kinds) }, { requiredKeys: ["kind"] }),
);
/** A step for the gate that is usually fine, so that whole plans are too. */
const fine = fc.record(
  {
    receiver_id: fc.constantFrom("a.near", "b.near"),
    method_name: fc.constantFrom("x", "y"),
    route: fc.constant("gate_proxy"),
    gas: fc.constantFrom("1", "130000000000000"),
    deposit: fc.constantFrom("0", "1"),
    args_json: readable.filter((value) => typeof value !== "string"),
  },
  { requiredKeys: ["receiver_id", "method_name", "route"] },
);
const step: fc.Arbitrary<object> = fc.oneof(explicit, named, fine);
// Doubles from 2^53 on cannot be said in a request.
const steps = fc
  .oneof(fc.array(step, { maxLength: 4 }), fc.array(fine, { maxLength: 14 }))
  .filter((list) => !/e\+|\d{16,}(?!\d*")/.test(JSON.stringify(list)));

/** The same value with the keys of every object in another order. */
function reordered(value: unknown, seed: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => reordered(item, seed));
  const entries = Object.entries(value).map(([key, item]) => [key, reordered(item, seed)] as const);
  const turn = entries.length === 0 ? 0 : seed % entries.length;
  return Object.fromEntries([...entries.slice(turn), ...entries.slice(0, turn)].reverse());
}

describe("every plan", () => {
  it("is the same in whatever order the keys stand", () => {
    fc.assert(
      fc.property(steps, fc.nat(), (list, seed) => {
        assert.deepEqual(planOf(reordered(list, seed) as object[]).plan, planOf(list).plan);
      }),
    );
  });

  it("is the same whatever unknown fields the steps have", () => {
    const unknown = fc.dictionary(fc.constantFrom("note", "id", "x-1", "approval"), readable);
    fc.assert(
      fc.property(steps, unknown, (list, extra) => {
        fc.pre(!/e\+|\d{16}/.test(JSON.stringify(extra)));
        assert.deepEqual(planOf(list.map((fields) => ({ ...extra, ...fields }))), planOf(list));
      }),
    );
  });

  it("is accepted exactly when no step is rejected, and has a reason exactly where one is", () => {
    fc.assert(
      fc.property(steps, (list) => {
        const { plan } = planOf(list);
        assert.equal(plan.steps.length, list.length);
        assert.equal(
          plan.accepted,
          plan.steps.every(({ lane }) => lane !== "reject"),
        );
        for (const { lane, reason } of plan.steps) assert.equal(lane === "reject", reason !== undefined);
      }),
    );
  });

  it("leaves nothing on the gate's lane that would jam it", () => {
    fc.assert(
      fc.property(steps, (list) => {
        const { plan } = planOf(list);
        const onGate = plan.steps.flatMap(({ lane, receiverId, methodName }, index) => {
          return lane === "gate_proxy" ? [{ receiverId, methodName, fields: list[index] ?? {} }] : [];
        });
        assert.ok(onGate.length <= 12);
        for (const { receiverId, methodName, fields } of onGate) {
          const { gas = "1", deposit = "0" }: { gas?: string; deposit?: string } = fields;
          assert.match(methodName, /^[A-Za-z0-9_]{1,256}$/);
          assert.notEqual(receiverId, gateId);
          if (/^\d+$/.test(gas) && !/^0\d/.test(gas)) {
            assert.ok(BigInt(gas) >= 1n && BigInt(gas) <= limits.maxInnerGas, gas);
          }
          if (/^\d+$/.test(deposit) && !/^0\d/.test(deposit)) assert.ok(BigInt(deposit) <= limits.maxDepositYocto);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("is executable only with a valid call for every step, within the gate's limits", () => {
    const validator = createValidator();
    let executable = 0;
    fc.assert(
      fc.property(steps, (list) => {
        const { plan, calls } = planOf(list);
        assert.equal(calls.length, plan.executable ? list.length : 0);
        if (!plan.executable) return;
        executable++;
        assert.ok(plan.accepted && list.length > 0 && plan.setupRequirements.length === 0);
        for (const call of calls) {
          const result = validator.validate(GateCallSchema, create(GateCallSchema, call));
          assert.equal(result.kind, "valid", `${result.error}`);
          assert.ok(BigInt(call.gas ?? "") <= limits.maxInnerGas);
          assert.ok(BigInt(call.deposit ?? "") <= limits.maxDepositYocto);
        }
      }),
      { numRuns: 1000 },
    );
    assert.ok(executable > 50, `${executable} executable plans`);
  });

  it("is the same with facts as without where none was missed", () => {
    fc.assert(
      fc.property(steps, (list) => {
        const blind = planOf(list, { facts: { accountId: undefined, feeTiers: undefined } });
        if (blind.plan.unchecked.length === 0) assert.deepEqual(planOf(list, { facts }), blind);
      }),
    );
  });
});

describe("every plan with all facts", () => {
  it("says no more than one without where that is not executable already", () => {
    const steps = [
      { kind: "intents.execute_raw", intents: [] },
      { kind: "intents.transfer", token: "wrap.near", amount: "1", receiver_id: facts.accountId },
    ];
    const blind = planOf(steps, { facts: noFacts });
    assert.equal(blind.plan.setupRequirements.length, 1);
    assert.deepEqual(planOf(steps, { facts }), blind);
  });

  it("is the one with those alone that are missed without any", () => {
    let missed = 0;
    fc.assert(
      fc.property(steps, (list) => {
        const { unchecked } = planOf(list, { facts: noFacts }).plan;
        missed += unchecked.length;
        const asked = {
          accountId: unchecked.includes("wallet_account") ? facts.accountId : undefined,
          feeTiers: unchecked.includes("gate_fee_tiers") ? facts.feeTiers : undefined,
        };
        const planned = planOf(list, { facts: asked });
        assert.deepEqual(planOf(list, { facts }), planned);
      }),
      { numRuns: 500 },
    );
    assert.ok(missed > 50, `${missed} facts missed`);
  });
});

describe("every request", () => {
  it("is planned, or refused as one that cannot be read", async () => {
    const { client, lines } = startPlanner();
    const value = fc.oneof(fc.jsonValue(), step);
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc.record({ steps: fc.oneof(fc.array(value), value) }).map((document) => JSON.stringify(document)),
      fc.record({ gate_id: value, calls: fc.array(value) }).map((document) => JSON.stringify(document)),
    );
    await fc.assert(
      fc.asyncProperty(body, async (text) => {
        for (const call of [
          () => client.plan({ body: { case: "workflowJson", value: text } }, asWallet),
          () => client.executeWorkflow({ body: { case: "workflowJson", value: text } }, asWallet),
          () => client.executeSequentialBatch({ body: { case: "batchJson", value: text } }, asWallet),
        ]) {
          await call().catch((error: unknown) => {
            assert.ok(error instanceof ConnectError && error.code === Code.InvalidArgument, `${error}`);
          });
        }
      }),
    );
    assert.deepEqual(
      lines.filter(({ level }) => level === "error"),
      [],
    );
  });

  it("with any rejected step reaches no keystore", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const { client, asked } = startPlanner();
        const request = { body: { case: "workflowJson" as const, value: JSON.stringify({ steps: list }) } };
        const { plan } = await client.plan(request, asWallet);
        await client.executeWorkflow(request, asWallet);
        const rejectedAlone = planOf(list, { facts: { accountId: undefined, feeTiers: undefined } }).plan;
        if (!rejectedAlone.accepted) assert.deepEqual(asked, []);
        assert.equal(plan?.accepted, planOf(list).plan.accepted);
      }),
    );
  });
});
