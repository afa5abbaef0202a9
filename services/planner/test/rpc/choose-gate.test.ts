import assert from "node:assert/strict";
import { Code, Refusal } from "@outlayer/kit";
import { virtualTime } from "../../../../packages/kit/test/support/virtual-time.ts";
import { assignGate } from "../../src/core/assign-gate.ts";
import { transfer } from "../support/planning.ts";
import { asWallet, type Others, startPlanner } from "../support/server.ts";

const gates = ["gate.near", "gate-2.near", "gate-3.near"].map((gateId) => ({ gateId, weight: 1, drain: false }));
const usual = assignGate("wallet-1", gates)?.gateId ?? "";
const others = gates.filter(({ gateId }) => gateId !== usual);
const next = assignGate("wallet-1", others)?.gateId ?? "";

/** As many workflows as a gate of these planners may have are ten. */
const leaseOf = (gateId: string, standing: object = {}, remainingMs = 15_000) => ({
  resource: `gate:${gateId}`,
  holderId: "b",
  epoch: 1n,
  remainingMs,
  standing: { stuck: "", waitingWorkflows: 0, ...standing },
});
const stuckUsual = { leases: [leaseOf(usual, { stuck: "balance_low" })], more: false };

function start(more: Others = {}) {
  const time = virtualTime(1_000_000);
  const planner = startPlanner({ gates, timers: time.timers, clock: time.clock, ...more });
  const { client, asked, opened } = planner;
  const steps = JSON.stringify({ steps: [transfer] });
  return {
    ...planner,
    time,
    lists: () => asked.filter((one) => one === "leases").length,
    async plan() {
      const { plan } = await client.plan({ body: { case: "workflowJson", value: steps } }, asWallet);
      return plan?.gateId;
    },
    async execute() {
      await client.executeWorkflow({ body: { case: "workflowJson", value: steps } }, asWallet);
      return opened.at(-1)?.opened?.gateId;
    },
    async batch(gateId: string) {
      const call = { receiver_id: "count.mike.near", method_name: "increase", gas: "1000", args_base64: "" };
      const value = JSON.stringify({ gate_id: gateId, calls: [call] });
      await client.executeSequentialBatch({ body: { case: "batchJson", value } }, asWallet);
      return opened.at(-1)?.opened?.gateId;
    },
  };
}

describe("the gate for a new workflow (rule: stuck-gate-gets-nothing-new)", () => {
  it("is another one while its broadcaster says that the usual one is stuck or has too many, in plan and first event alike", async () => {
    for (const [standing, expected] of [
      [{ stuck: "balance_low" }, next],
      [{ waitingWorkflows: 11 }, next],
      [{ waitingWorkflows: 10 }, usual],
    ] as const) {
      const planner = start({ listLeases: () => ({ leases: [leaseOf(usual, standing)] }) });
      assert.deepEqual([await planner.plan(), await planner.execute()], [expected, expected]);
      assert.deepEqual(
        planner.asked.filter((one) => one.startsWith("facts of")),
        [`facts of ${expected}`],
        "the plan goes by the terms of the gate that carries it",
      );
    }
  });

  it("is the usual one again as soon as that is said", async () => {
    let leases = [leaseOf(usual, { stuck: "gate_stuck" })];
    const { execute, time, lists } = start({ listLeases: () => ({ leases }) });
    assert.equal(await execute(), next);
    leases = [leaseOf(usual)];
    time.advance(1_999);
    assert.deepEqual([await execute(), lists()], [next, 1], "requests share a list for two seconds");
    time.advance(1);
    assert.deepEqual([await execute(), lists()], [usual, 2]);
  });

  it("is the one that a batch names, whatever is said of it, and nobody is asked", async () => {
    const { batch, lists } = start({ listLeases: () => stuckUsual });
    assert.deepEqual([await batch(usual), lists()], [usual, 0]);
  });

  it("is asked for nowhere where there is no choice", async () => {
    const [first, second] = gates;
    assert.ok(first !== undefined && second !== undefined);
    for (const one of [[first], [first, { ...second, drain: true }]]) {
      const { execute, plan, lists } = start({ gates: one, listLeases: () => stuckUsual });
      assert.deepEqual([await plan(), await execute(), lists()], [first.gateId, first.gateId, 0]);
    }
  });

  it("is asked for once by all requests of a moment", async () => {
    const { plan, lists, time } = start({ listLeases: () => stuckUsual });
    const chosen = await Promise.all(Array.from({ length: 4 }, plan));
    assert.deepEqual([new Set(chosen), lists()], [new Set([next]), 1]);
    time.advance(2_000);
    await Promise.all(Array.from({ length: 4 }, plan));
    assert.equal(lists(), 2);
  });
});

describe("the gate for a new workflow, without an answer (rule: assignment-never-waits)", () => {
  it("is the usual one where evidence is away, refuses to say, or is of the version before", async () => {
    for (const code of [Code.Unavailable, Code.PermissionDenied, Code.Unimplemented, Code.Internal]) {
      const listLeases = () => {
        throw new Refusal(code, "no answer");
      };
      const { execute, plan } = start({ listLeases });
      assert.deepEqual([await plan(), await execute()], [usual, usual], Code[code]);
    }
  });

  it("is the usual one half a second later where evidence is slow, which the next two seconds do not wait for again", async () => {
    const never = Promise.withResolvers<never>();
    const { execute, time, lists } = start({ listLeases: () => never.promise });
    const first = execute();
    await time.armed(500);
    time.advance(500);
    assert.equal(await first, usual);
    assert.deepEqual([await execute(), lists()], [usual, 1]);
    never.reject(new Refusal(Code.Unavailable, "too late"));
  });

  it("is by what was said before for as long as the lease lasts, and then the usual one", async () => {
    let isAway = false;
    const { execute, time } = start({
      listLeases: () => {
        if (isAway) throw new Refusal(Code.Unavailable, "away");
        return stuckUsual;
      },
    });
    assert.equal(await execute(), next);
    isAway = true;
    time.advance(14_000);
    assert.equal(await execute(), next);
    time.advance(1_000);
    assert.equal(await execute(), usual);
  });

  it("is one of the configured gates that takes something, whatever nonsense evidence says", async () => {
    const drained = { gateId: "gate-4.near", weight: 1, drain: true };
    const text = "x".repeat(100_000);
    for (const leases of [
      [leaseOf("gate-4.near"), ...gates.map(({ gateId }) => leaseOf(gateId, { stuck: text }))],
      [leaseOf("another.near"), leaseOf("another.near", { stuck: "x" })],
      [leaseOf(usual, { waitingWorkflows: 4_294_967_295 }, 4_294_967_295), leaseOf(usual)],
      Array.from({ length: 5_000 }, (_, index) => leaseOf(`gate-${index}.near`, { stuck: "x" })),
    ]) {
      const { execute } = start({ gates: [...gates, drained], listLeases: () => ({ leases, more: true }) });
      const chosen = await execute();
      assert.ok(
        gates.some(({ gateId }) => gateId === chosen),
        chosen,
      );
    }
  });
});
