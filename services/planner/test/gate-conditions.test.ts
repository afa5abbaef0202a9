import assert from "node:assert/strict";
import fc from "fast-check";
import { conditionsAt, type ListedLease, type ToldOfGates, toldAfter } from "../src/core/gate-conditions.ts";

const gateIds = ["a.near", "b.near"];
const lease = (resource: string, standing?: ListedLease["standing"], remainingMs = 15_000): ListedLease => {
  return { resource, remainingMs, standing };
};
const fine = { stuck: "", waitingWorkflows: 0 };
const after = (leases: readonly ListedLease[], before: ToldOfGates = new Map(), nowMs = 0) =>
  toldAfter(before, leases, gateIds, { limit: 10, nowMs, goodForMs: 2_000 });

describe("what is told of gates", () => {
  it("is what the leases of the configured gates say, and nothing of others", () => {
    for (const [leases, expected] of [
      [[], []],
      [[lease("gate:a.near", fine)], []],
      // A holder of the version before says nothing.
      [[lease("gate:a.near")], []],
      [[lease("gate:a.near", { ...fine, stuck: "balance_low" })], [["a.near", "stuck"]]],
      [[lease("gate:a.near", { stuck: "gate_stuck", waitingWorkflows: 99 })], [["a.near", "stuck"]]],
      [[lease("gate:a.near", { ...fine, waitingWorkflows: 10 })], []],
      [[lease("gate:b.near", { ...fine, waitingWorkflows: 11 })], [["b.near", "busy"]]],
      [[lease("gate:c.near", { ...fine, stuck: "balance_low" }), lease("a.near", { ...fine, stuck: "x" })], []],
      [[lease("direct_user", { ...fine, stuck: "balance_low" })], []],
    ] as const) {
      assert.deepEqual([...conditionsAt(after(leases), 1)], expected, JSON.stringify(leases));
    }
  });

  it("is believed for as long as the lease lasts, an hour at most, and never because a clock was set back", () => {
    const stuck = { ...fine, stuck: "gate_stuck" };
    const told = after([lease("gate:a.near", stuck)], new Map(), 100_000_000);
    const isStuck = (nowMs: number, of = told) => conditionsAt(of, nowMs).get("a.near") === "stuck";
    assert.deepEqual(
      [100_000_000, 100_014_999, 100_015_000].map((nowMs) => isStuck(nowMs)),
      [true, true, false],
    );
    assert.equal(isStuck(90_000_000), false);
    const brief = after([lease("gate:a.near", stuck, 700)]);
    assert.deepEqual([isStuck(1_999, brief), isStuck(2_000, brief)], [true, false], "no gap before the next list");
    const forEver = after([lease("gate:a.near", stuck, 4_294_967_295)]);
    assert.deepEqual([isStuck(3_599_999, forEver), isStuck(3_600_000, forEver)], [true, false]);
  });

  it("calls a gate busy beyond the limit, and until half of it is left", () => {
    let told: ToldOfGates = new Map();
    const seen = [10, 11, 9, 6, 5, 6, 10, 11].map((waitingWorkflows) => {
      told = after([lease("gate:a.near", { ...fine, waitingWorkflows })], told);
      return conditionsAt(told, 0).get("a.near") ?? "free";
    });
    assert.deepEqual(seen, ["free", "busy", "busy", "busy", "free", "free", "free", "busy"]);
    told = after([], told);
    told = after([lease("gate:a.near", { ...fine, waitingWorkflows: 6 })], told);
    assert.deepEqual([...conditionsAt(told, 0)], [], "what nobody says any more is forgotten");
  });

  it("never names another gate, whatever the list holds", () => {
    const anything = fc.record({
      resource: fc.oneof(fc.string(), fc.constantFrom("gate:a.near", "gate:b.near")),
      remainingMs: fc.nat(4_294_967_295),
      standing: fc.option(fc.record({ stuck: fc.string(), waitingWorkflows: fc.nat(4_294_967_295) }), {
        nil: undefined,
      }),
    });
    fc.assert(
      fc.property(fc.array(anything), fc.nat(), (leases, nowMs) => {
        const told = after(leases, new Map(), nowMs);
        for (const gateId of conditionsAt(told, nowMs).keys()) assert.ok(gateIds.includes(gateId));
      }),
    );
  });
});
