import assert from "node:assert/strict";
import { counterScope, type DirectUserCallRequest } from "@outlayer/workflow";
import { planDirectUserCall } from "../src/core/direct-user.ts";

const request: DirectUserCallRequest = {
  scope: counterScope,
  methodName: undefined,
  gas: undefined,
  deposit: undefined,
  argsJson: undefined,
  idempotencyKey: undefined,
};
const two = { ...counterScope, methodNames: ["decrease", "increase"] };
const only =
  'direct-user calls are allowed for this scope only: user_id mike.near, registry_id mike.sequential.near, receiver_id count.mike.near, method_names ["increase"]';

describe("a direct-user call", () => {
  it("has the only method, 30 Tgas and empty arguments where its caller names none", () => {
    const planned = planDirectUserCall([counterScope], request);
    assert.ok(planned.problem === undefined);
    const { methodName, gas, args } = planned.call;
    assert.deepEqual([methodName, gas, new TextDecoder().decode(args)], ["increase", "30000000000000", "{}"]);
  });

  const taken: readonly [change: Partial<DirectUserCallRequest>, args: string][] = [
    [{ argsJson: { by: 1 } }, '{"by":1}'],
    [{ argsJson: '{ "by": 1 }' }, '{ "by": 1 }'],
    [{ argsJson: null }, "{}"],
    [{ scope: { ...counterScope, methodNames: [" increase ", "increase"] } }, "{}"],
    [{ gas: "300000000000000", deposit: "0", methodName: "increase" }, "{}"],
  ];
  for (const [change, args] of taken) {
    it(`is taken with ${JSON.stringify(change)}`, () => {
      const planned = planDirectUserCall([counterScope], { ...request, ...change });
      assert.ok(planned.problem === undefined, planned.problem);
      assert.equal(new TextDecoder().decode(planned.call.args), args);
      assert.deepEqual(planned.call.scope.methodNames, ["increase"]);
    });
  }

  const refused: readonly [change: Partial<DirectUserCallRequest>, problem: string, field?: string][] = [
    [{ scope: { ...counterScope, userId: "eve.near" } }, only],
    [{ scope: { ...counterScope, registryId: "eve.near" } }, only],
    [{ scope: { ...counterScope, receiverId: "eve.near" } }, only],
    [{ scope: { ...counterScope, methodNames: [] } }, only],
    [{ scope: two }, only],
    [{ methodName: "decrease" }, "method_name must be one of increase", "method_name"],
    [{ methodName: "" }, "method_name must be one of increase", "method_name"],
    [{ deposit: "1" }, 'deposit must be "0": a scoped key cannot attach any', "deposit"],
    [{ deposit: "00" }, 'deposit must be "0": a scoped key cannot attach any', "deposit"],
    [{ gas: "0" }, "gas must be a decimal string greater than zero", "gas"],
    [{ gas: "-1" }, "gas must be a decimal string greater than zero", "gas"],
    [{ gas: "300000000000001" }, "gas must be at most 300000000000000", "gas"],
    [{ gas: "9".repeat(10_000) }, "gas must be at most 300000000000000", "gas"],
    [{ argsJson: "{" }, "args_json is not JSON", "args_json"],
  ];
  for (const [change, problem, field] of refused) {
    it(`is refused with ${JSON.stringify(change).slice(0, 80)}`, () => {
      assert.deepEqual(planDirectUserCall([counterScope], { ...request, ...change }), {
        problem,
        ...(field === undefined ? {} : { field }),
      });
    });
  }

  it("of a scope with several methods has to name one", () => {
    const planned = planDirectUserCall([two], { ...request, scope: two });
    assert.deepEqual(planned, {
      problem: "method_name is required: one of decrease, increase",
      field: "method_name",
    });
  });

  it("is allowed nowhere where the operator allows no scope", () => {
    assert.deepEqual(planDirectUserCall([], request), { problem: "direct-user calls are not allowed here" });
  });
});
