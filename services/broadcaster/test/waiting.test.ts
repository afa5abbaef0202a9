import assert from "node:assert/strict";
import type { WorkflowState } from "../src/core/workflow/state.ts";
import { type Wait, waitingEvent } from "../src/shell/waiting.ts";

const queueTimeoutMs = 600_000;

/** What is written down of a workflow that has waited like this since the epoch, at a time. */
function told(waitingFor: string, nowMs: number) {
  const wait: Wait = { waitingFor, position: 1, expectedStart: undefined, head: 100 };
  const begun = waitingEvent({ waiting: undefined }, wait, toolsAt(0));
  assert.ok(begun?.case === "waiting", "it says at once what it waits for");
  const waiting = {
    queue: begun.value.queue,
    blockedSinceMs: begun.value.blockedSinceMs === undefined ? undefined : Number(begun.value.blockedSinceMs),
  } as WorkflowState["waiting"];
  return waitingEvent({ waiting }, wait, toolsAt(nowMs));
}

function toolsAt(nowMs: number): Parameters<typeof waitingEvent>[2] {
  return {
    ports: { clock: { now: () => nowMs } },
    config: { queueTimeoutMs },
    conductor: { admittedAtMs: 0 },
  } as unknown as Parameters<typeof waitingEvent>[2];
}

describe("a workflow of which nothing was submitted", () => {
  it("has no time limit while it is only not its turn (rule: own-turn-has-no-time-limit)", () => {
    assert.equal(told("turn", 1000 * queueTimeoutMs), undefined);
  });

  it("ends with the code of what it waited for once that took longer than its limit, and not before", () => {
    assert.equal(told("gate_stuck", queueTimeoutMs), undefined);
    const ended = told("gate_stuck", queueTimeoutMs + 1);
    assert.ok(ended?.case === "ended");
    assert.deepEqual([ended.value.status, ended.value.errorCode], ["failed", "gate_stuck"]);
  });
});
