import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { EventSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { GateCallSchema } from "@outlayer/contracts/outlayer/workflow/v1/call";
import type { EventInit } from "../../src/core/workflow/action.ts";
import { next } from "../../src/core/workflow/next.ts";
import { type FinalFacts, judgeSteps } from "../../src/core/workflow/outcomes.ts";
import { foldWorkflow, type WorkflowState } from "../../src/core/workflow/state.ts";
import {
  acceptedAt,
  admitted,
  allowed,
  deadlineMs,
  requestId,
  signed,
  signing,
  submissions,
  taken,
  workflow,
  world,
} from "./workflow-builder.ts";

const later = deadlineMs + 60_000;

/** A workflow of one step with these deadlines of payloads, milliseconds, after these events. */
function own(deadlines: readonly number[], events: readonly EventInit[]): WorkflowState {
  const payloads = deadlines.map((ms, index) => ({
    payloadJson: "{}",
    signerId: "alice.near",
    nonce: `own-${index}`,
    intentHash: `own-hash-${index}`,
    deadlineMs: BigInt(ms),
  }));
  const call = create(GateCallSchema, {
    receiverId: "intents.near",
    methodName: "execute_intents",
    gas: "1",
    deposit: "0",
    payload: { case: "own", value: { payloads } },
  });
  const opened: EventInit = { case: "opened", value: { endpoint: "workflow", walletId: "account:a", calls: [call] } };
  const log = [opened, ...events].map((kind, index) => ({
    version: index + 1,
    atMs: 1_000_000,
    event: create(EventSchema, { kind }),
  }));
  return foldWorkflow(requestId, log);
}

const use = (used: boolean, timeMs: number, mayBeForgotten = false) => ({ used, timeMs, height: 1, mayBeForgotten });
const facts = (timeMs: number, ...uses: readonly ReturnType<typeof use>[]): FinalFacts => ({
  height: 1,
  timeMs,
  nonceUse: new Map([[0, uses]]),
});
const judged = (deadlines: readonly number[], final: FinalFacts, events: readonly EventInit[] = []) =>
  judgeSteps(own(deadlines, events), final)[0];

describe("a step with own payloads (rule: own-payload-is-always-possible)", () => {
  it("is possible before anything was signed here, until the last of its deadlines", () => {
    assert.deepEqual(judged([deadlineMs, later], facts(0)), {
      outcome: "still_possible",
      error: undefined,
      possibleUntil: new Date(later).toISOString().replace(".000Z", "Z"),
    });
  });

  it("is told to be possible no shorter than it is, where its deadline is within a second", () => {
    const [second, within] = [deadlineMs - (deadlineMs % 1000), 1];
    const until = new Date(second + 1000).toISOString().replace(".000Z", "Z");
    assert.equal(judged([second + within], facts(0))?.possibleUntil, until);
  });

  it("is possible as long as one of its payloads is", () => {
    const at = deadlineMs + 1;
    assert.equal(judged([deadlineMs, later], facts(at, use(false, at), use(false, at)))?.outcome, "still_possible");
    assert.equal(judged([deadlineMs, later], facts(at, use(true, at), use(false, at)))?.outcome, "still_possible");
  });

  it("was not executed once all are dead, each read after its own deadline", () => {
    const at = later + 1;
    assert.equal(judged([deadlineMs, later], facts(at, use(false, at), use(false, at)))?.outcome, "not_executed");
    assert.equal(judged([deadlineMs, later], facts(at, use(false, at), use(false, later)))?.outcome, "still_possible");
  });

  it("is succeeded_elsewhere only where all nonces are used, and partly where some are", () => {
    const at = later + 1;
    assert.equal(judged([deadlineMs, later], facts(0, use(true, 0), use(true, 0)))?.outcome, "succeeded_elsewhere");
    const partly = judged([deadlineMs, later], facts(at, use(true, at), use(false, at)));
    assert.deepEqual(
      [partly?.outcome, partly?.error],
      ["partly_elsewhere", "1 of 2 payloads were carried by somebody else"],
    );
  });

  it("is unknowable where a nonce may have been forgotten", () => {
    const at = later + 1;
    const found = judged([deadlineMs, later], facts(at, use(true, at), use(false, at, true)));
    assert.equal(found?.outcome, "unknowable");
  });

  it("does not take the verifier's text about a used nonce for all of several payloads", () => {
    const receipt = { status: "failure", error: "Smart contract panicked: nonce was already used" };
    const events: EventInit[] = [{ case: "stepResolved", value: { step: 0, receipt } }];
    assert.equal(judged([deadlineMs], facts(0), events)?.outcome, "succeeded_elsewhere");
    assert.equal(judged([deadlineMs, later], facts(0), events)?.outcome, "still_possible");
  });
});

describe("the driver, for a step with own payloads,", () => {
  const cancelled: EventInit = { case: "cancelRequested", value: {} };
  const end = { status: "cancelled", errorCode: "cancelled", userVisibleError: "it was cancelled" };
  const settling: EventInit = { case: "settling", value: { errorCode: "cancelled", userVisibleError: "told", end } };

  it("goes on settling where the wallet was not even asked for, and asks no policy", () => {
    const state = own([deadlineMs], [taken, cancelled, settling]);
    assert.deepEqual(next(state, world({})).kind, "read_nonces");
    assert.notEqual(next(state, world({ view: { noncesReadAt: 1_010 } })).kind, "check_policy");
  });

  it("never signs a cancel of them, where it would of the keystore's", () => {
    const settings = { ...world().settings, settleByCancel: true };
    const view = { noncesReadAt: 1_010, lookedAt: new Map([["s0", 1_010]]) };
    const seen = world({ head: 1_010, settings, view });
    const settled = (kind: "plain" | "intents", fold: (events: readonly EventInit[]) => WorkflowState) => {
      const kinds = [kind];
      const sent = [taken, allowed, admitted, signing(kinds), signed(kinds), submissions(0), acceptedAt(1_005, 0)];
      const told = next(fold([...sent, cancelled]), seen);
      assert.ok(told.kind === "append" && told.event.case === "settling");
      return next(fold([...sent, cancelled, told.event]), seen);
    };
    const ofKeystore = settled("intents", (events) => workflow(["intents"], events));
    assert.deepEqual(ofKeystore, { kind: "cancel", steps: [0] });
    const ofSession = settled("plain", (events) => own([deadlineMs], events));
    assert.deepEqual(ofSession, { kind: "wait" });
  });

  it("signs its delegate anew once the one that became too old is dead, and waits for no payload", () => {
    const kinds = ["plain"] as const;
    const discarded: EventInit = { case: "signaturesDiscarded", value: { reason: "too old" } };
    const state = own([later], [taken, allowed, admitted, signing(kinds), signed(kinds), discarded]);
    assert.equal(next(state, world({ finalHeight: 1_180 })).kind, "wait");
    assert.equal(next(state, world({ finalHeight: 1_181, head: 1_183 })).kind, "seek_admission");
  });

  it("throws a delegate away whose payloads have become too old to be sent", () => {
    const kinds = ["plain"] as const;
    const state = own([deadlineMs, later], [taken, allowed, admitted, signing(kinds), signed(kinds)]);
    const action = next(state, world({ finalMs: deadlineMs }));
    assert.equal(action.kind === "append" && action.event.case, "signaturesDiscarded");
  });
});
