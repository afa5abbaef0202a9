import assert from "node:assert/strict";
import fc from "fast-check";
import { type AssignableGate, assignGate } from "../src/core/assign-gate.ts";

const gate = (name: string, more: Partial<AssignableGate> = {}): AssignableGate => ({
  gateId: `${name}.near`,
  weight: 1,
  drain: false,
  ...more,
});
const wallets = Array.from({ length: 4_000 }, (_, index) => `wallet-${index}`);
const countsOf = (gates: readonly AssignableGate[]) => {
  const counts = new Map<string, number>(gates.map(({ gateId }) => [gateId, 0]));
  for (const walletId of wallets) {
    const gateId = assignGate(walletId, gates)?.gateId ?? "none";
    counts.set(gateId, (counts.get(gateId) ?? 0) + 1);
  }
  return [...counts.values()];
};

describe("assigning a gate (rule: a-workflow-keeps-its-gate)", () => {
  it("moves only the wallets of a gate that goes, and only to a gate that comes, in whatever order they stand", () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 2, maxLength: 6 });
    const walletId = fc.stringMatching(/^[!-~]{1,32}$/);
    fc.assert(
      fc.property(names, walletId, ([gone = "", ...others], walletId) => {
        const all = [gate(gone), ...others.map((name) => gate(name))];
        const before = assignGate(walletId, all);
        const without = assignGate(walletId, all.slice(1));
        assert.deepEqual(assignGate(walletId, [...all].reverse()), before);
        if (before?.gateId !== `${gone}.near`) assert.deepEqual(without, before);
      }),
    );
  });

  it("is the same for ever: another hash would move wallets in the middle of an update", () => {
    const gates = [gate("gate"), gate("gate-2", { weight: 2 }), gate("gate-3")];
    const chosen = ["wallet-1", "wallet-2", "wallet-3", "wallet-4", "wallet-5", "account:alice.near"].map(
      (walletId) => assignGate(walletId, gates)?.gateId,
    );
    assert.deepEqual(chosen, ["gate-2.near", "gate-3.near", "gate-3.near", "gate.near", "gate-2.near", "gate-3.near"]);
  });

  it("shares wallets by weight", () => {
    for (const [found, expected] of [
      [countsOf([gate("a"), gate("b"), gate("c"), gate("d")]), [1000, 1000, 1000, 1000]],
      [countsOf([gate("a", { weight: 3 }), gate("b")]), [3000, 1000]],
    ] as const) {
      for (const [index, count] of found.entries()) {
        assert.ok(Math.abs(count - (expected[index] ?? 0)) < 120, `${found}, expected about ${expected}`);
      }
    }
  });

  it("moves only the wallets of a gate that is stuck or busy, each to where it would go without that gate, and back", () => {
    const gates = [gate("a"), gate("b", { weight: 2 }), gate("c")];
    for (const condition of ["stuck", "busy"] as const) {
      let moved = 0;
      for (const walletId of wallets.slice(0, 500)) {
        const usual = assignGate(walletId, gates);
        const meanwhile = assignGate(walletId, gates, new Map([["a.near", condition]]));
        assert.deepEqual(meanwhile, assignGate(walletId, gates.slice(1)));
        if (usual?.gateId === "a.near") moved += 1;
        else assert.deepEqual(meanwhile, usual);
        assert.deepEqual(assignGate(walletId, gates, new Map([["a.near", "free"]])), usual);
      }
      assert.ok(moved > 50, `${moved}`);
    }
  });

  it("goes by the gates' conditions, and by none where all are alike", () => {
    const [a, b, c] = [gate("a"), gate("b"), gate("c")];
    const drained = gate("d", { drain: true });
    const among = (conditions: object, gates = [a, b, c, drained]) => {
      const map = new Map(Object.entries(conditions).map(([name, condition]) => [`${name}.near`, condition]));
      return [...new Set(wallets.slice(0, 500).map((walletId) => assignGate(walletId, gates, map)?.gateId))].sort();
    };
    const all = ["a.near", "b.near", "c.near"];
    for (const [conditions, expected] of [
      [{}, all],
      [{ a: "stuck" }, ["b.near", "c.near"]],
      [{ a: "stuck", b: "busy" }, ["c.near"]],
      [{ a: "stuck", b: "busy", c: "busy" }, ["b.near", "c.near"]],
      [{ a: "stuck", b: "stuck", c: "busy" }, ["c.near"]],
      [{ a: "busy", b: "busy", c: "busy" }, all],
      [{ a: "stuck", b: "stuck", c: "stuck" }, all],
      // A drained gate takes nothing, however the others are; and what is said of others concerns nobody.
      [{ a: "stuck", b: "stuck", c: "stuck", d: "free", e: "free" }, all],
    ] as const) {
      assert.deepEqual(among(conditions), expected, JSON.stringify(conditions));
    }
    for (const walletId of wallets.slice(0, 100)) {
      const stuck = new Map([a, b, c].map(({ gateId }) => [gateId, "stuck" as const]));
      assert.deepEqual(assignGate(walletId, [a, b, c], stuck), assignGate(walletId, [a, b, c]));
    }
  });

  it("gives nothing to a gate that is drained, and nothing to any where all are", () => {
    assert.deepEqual(countsOf([gate("a", { drain: true }), gate("b")]), [0, wallets.length]);
    assert.equal(assignGate("wallet-1", [gate("a", { drain: true })]), undefined);
    assert.equal(assignGate("wallet-1", []), undefined);
  });
});
