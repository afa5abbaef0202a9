import assert from "node:assert/strict";
import type { WorkflowState } from "../src/core/workflow/state.ts";
import { waitingEvent } from "../src/shell/waiting.ts";

const tools = {
  ports: { clock: { now: () => 0 } },
  config: { queueTimeoutMs: 600_000 },
  conductor: { admittedAtMs: 0 },
} as unknown as Parameters<typeof waitingEvent>[2];

/** Positions that are written down while a workflow moves through these. */
function written(positions: readonly number[]): readonly number[] {
  let waiting: WorkflowState["waiting"];
  return positions.flatMap((position) => {
    const event = waitingEvent({ waiting }, { waitingFor: "turn", position, expectedStart: 1 }, tools);
    if (event === undefined) return [];
    assert.ok(event.case === "waiting");
    waiting = event.value as WorkflowState["waiting"];
    return [position];
  });
}

describe("what is written down of a place in the queue", () => {
  it("is a few of many places, and each of the last ones", () => {
    const down = Array.from({ length: 300 }, (_, index) => 300 - index);
    assert.deepEqual(written(down), [300, 150, 75, 37, 18, 9, 4, 3, 2, 1]);
  });

  it("is every place further back than the one before", () => {
    assert.deepEqual(written([20, 19, 21, 20, 300]), [20, 21, 300]);
  });
});
