import assert from "node:assert/strict";
import { Intake } from "../src/shell/gate/intake.ts";
import { WorkflowHandler, type WorkflowNeeds } from "../src/shell/workflow/workflow-handler.ts";
import {
  acceptedAt,
  admittedSingly,
  allowed,
  type Kind,
  resolved,
  signed,
  singly,
  started,
  submissions,
  taken,
  workflow,
} from "./core/workflow-builder.ts";

const kinds: readonly Kind[] = ["plain", "plain"];
const running = [
  taken,
  allowed,
  admittedSingly,
  signed(kinds),
  submissions(0, 1),
  acceptedAt(1003, 0, 1),
  singly(0),
  started(1006, "r0"),
];
const mark = { requestId: "other", walletId: "w2", calls: 1 };

/** An intake in which one place is left, and what its workflow's handler does to it at a height. */
function intakeOfOne() {
  const intake = new Intake(60);
  for (let index = 0; index < 31; index += 1) assert.ok(intake.enter({ ...mark, requestId: `${index}` }));
  let height = 1007;
  const needs = {
    intake,
    conductor: { report: async () => {}, isTurn: () => false, isAwaited: () => false, isRelayerShort: false },
    commitments: { set: () => {}, drop: () => {} },
    config: { submitIntentGas: 1n, gateCallbackGas: 1n, resumeBatchGas: 1n, pollTimeoutMs: 60_000 },
    ports: { clock: { now: () => 0 } },
    follower: {
      place: () => undefined,
      get heads() {
        const block = { height, timeMs: 0, gasPrice: 1n };
        return { optimistic: block, final: block };
      },
    },
  } as unknown as WorkflowNeeds;
  const handler = new WorkflowHandler("r", needs);
  const decideAt = async (at: number, events = running) => {
    height = at;
    await handler.decide(workflow(kinds, events, { stepwise: true }));
  };
  return { intake, decideAt };
}

describe("a workflow whose own target keeps it waiting", () => {
  it("holds no place that others could have, and has one again once it goes on", async () => {
    const { intake, decideAt } = intakeOfOne();
    await decideAt(1010);
    assert.equal(intake.enter(mark), false, "its place is taken while its target may answer at once");
    await decideAt(1019);
    assert.equal(intake.enter(mark), true);
    intake.leave("other");
    await decideAt(1020, [...running, resolved(0)]);
    assert.equal(intake.enter(mark), false);
  });
});
