import assert from "node:assert/strict";
import type { TerminalStatus } from "@outlayer/workflow";
import { unmovedSteps } from "../../src/core/workflow/usage.ts";

describe("steps of a workflow that count no more once it has ended", () => {
  const ended = (status: TerminalStatus, ...outcomes: string[]) =>
    unmovedSteps({ status, outcomes: outcomes.map((outcome) => ({ outcome })) }, 3);

  it("are none of one that succeeded", () => assert.deepEqual(ended("succeeded"), []));

  it("are all of one that ended before anything was sent", () => {
    for (const status of ["failed", "policy_denied", "requires_approval", "rejected", "cancelled"] as const) {
      assert.deepEqual(ended(status), [0, 1, 2], status);
    }
  });

  it("are those that are known not to have moved anything, whoever carried the others", () => {
    assert.deepEqual(ended("failed", "succeeded", "failed_on_chain", "succeeded_elsewhere"), [1]);
    assert.deepEqual(ended("failed", "not_executed", "succeeded", "not_executed"), [0, 2]);
    // An outcome that does not say so releases nothing.
    assert.deepEqual(ended("failed", "still_possible", "in_progress", "not_executed"), [2]);
  });
});
