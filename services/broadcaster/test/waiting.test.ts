import assert from "node:assert/strict";
import type { WaitReason } from "../src/core/gate/place.ts";
import { noStandstill as standstill } from "../src/core/workflow/standstill.ts";
import type { WorkflowState } from "../src/core/workflow/state.ts";
import { type Wait, waitingEvent } from "../src/shell/log/waiting.ts";

const queueTimeoutMs = 600_000;

/** What is written down of a workflow that has waited like this since the epoch, at a time. */
function told(waitingFor: WaitReason, nowMs: number, admittedAtMs?: number) {
  const wait: Wait = { waitingFor, position: 1, expectedStart: undefined, head: 100 };
  const begun = waitingEvent({ waiting: undefined, standstill }, wait, toolsAt(0));
  assert.ok(begun?.case === "waiting", "it says at once what it waits for");
  const waiting = {
    queue: begun.value.queue,
    blockedSinceMs: begun.value.blockedSinceMs === undefined ? undefined : Number(begun.value.blockedSinceMs),
  } as WorkflowState["waiting"];
  return waitingEvent({ waiting, standstill }, wait, toolsAt(nowMs, admittedAtMs));
}

function toolsAt(nowMs: number, admittedAtMs = 0): Parameters<typeof waitingEvent>[2] {
  return {
    ports: { clock: { now: () => nowMs } },
    config: { queueTimeoutMs },
    admittedAtMs,
  } as unknown as Parameters<typeof waitingEvent>[2];
}

describe("a workflow of which nothing was submitted", () => {
  it("has no time limit while it is only not its turn (rule: own-turn-has-no-time-limit)", () => {
    assert.equal(told("turn", 1000 * queueTimeoutMs), undefined);
  });

  it("says what it waits for again once its record shows thrown-away signatures, and for how long it was blocked", () => {
    const wait: Wait = { waitingFor: "keystore_unavailable", position: 0, expectedStart: undefined, head: 100 };
    const before = { queue: { waitingFor: "keystore_unavailable", position: 0 }, blockedSinceMs: 5 };
    const waiting = before as NonNullable<WorkflowState["waiting"]>;
    assert.equal(waitingEvent({ waiting, standstill }, wait, toolsAt(7)), undefined);
    const again = waitingEvent({ waiting: { ...waiting, isOutdated: true }, standstill }, wait, toolsAt(7));
    assert.ok(again?.case === "waiting");
    assert.deepEqual([again.value.queue?.waitingFor, again.value.blockedSinceMs], ["keystore_unavailable", 5n]);
    const turn: Wait = { ...wait, waitingFor: "turn", position: 3 };
    const gates = { queue: { waitingFor: "balance_low", position: 0 }, blockedSinceMs: 5 } as typeof waiting;
    assert.equal(waitingEvent({ waiting: gates, standstill }, turn, toolsAt(7)), undefined);
    const next = waitingEvent({ waiting: { ...gates, isOutdated: true }, standstill }, turn, toolsAt(7));
    assert.ok(next?.case === "waiting");
    assert.deepEqual([next.value.queue?.position, next.value.blockedSinceMs], [3, undefined]);
  });

  it("ends with the code of what it waited for once that took longer than its limit, and not before", () => {
    assert.equal(told("gate_stuck", queueTimeoutMs), undefined);
    const ended = told("gate_stuck", queueTimeoutMs + 1);
    assert.ok(ended?.case === "ended");
    assert.deepEqual([ended.value.status, ended.value.errorCode], ["failed", "gate_stuck"]);
  });

  for (const waitingFor of ["gate_busy", "balance_low"] as const) {
    it(`has a limit from the latest admission on where that came after it was blocked by ${waitingFor}`, () => {
      const admittedAtMs = 1_000;
      const limit = admittedAtMs + queueTimeoutMs;
      assert.equal(told(waitingFor, limit, admittedAtMs), undefined);
      assert.equal(told(waitingFor, limit + 1, admittedAtMs)?.case, "ended");
    });
  }
});
