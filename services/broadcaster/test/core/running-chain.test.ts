import assert from "node:assert/strict";
import type { EventInit } from "../../src/core/workflow/action.ts";
import { gateProgress } from "../../src/core/workflow/gate-progress.ts";
import { act, appended, lookedAt, one, three } from "./driver-actions.ts";
import {
  admitted,
  allowed,
  type Kind,
  pending,
  resolved,
  resumed,
  type seen,
  seenAccepted,
  seenDispatched,
  signed,
  started,
  submissions,
  taken,
  type WorldInit,
  workflow,
  world,
} from "./workflow-builder.ts";

describe("what the driver does next", () => {
  describe("while the chain runs", () => {
    const events = [...pending(three), resumed(), started(1005)];

    it("looks at each member when its target is final, and at the last but one as soon as it ran", () => {
      const view = { lookedAt: lookedAt("s0", "s1", "s2") };
      // Targets run in 1007, 1010 and 1013.
      const looks = (head: number) => {
        const action = act(three, events, { head, view });
        return action.kind === "look" ? action.submissions : [];
      };
      assert.deepEqual(looks(1008), []);
      assert.deepEqual(looks(1009), ["s0"]);
      assert.deepEqual(looks(1010), ["s0", "s1"]);
      assert.deepEqual(looks(1014), ["s0", "s1"]);
      assert.deepEqual(looks(1015), ["s0", "s1", "s2"]);
    });

    it("says so where its look may show that the next chain can be resumed, and of no other look", () => {
      const view = { lookedAt: lookedAt("s0", "s1", "s2") };
      const isAwaited = (head: number, init: WorldInit = {}) => {
        const action = act(three, events, { head, view, ...init });
        return action.kind === "look" && action.isAwaited === true;
      };
      assert.deepEqual(
        [1009, 1010, 1011].map((head) => isAwaited(head)),
        [false, true, true],
      );
      assert.equal(isAwaited(1012, { isAwaited: false }), false);
    });

    it("looks at the last but one ahead, beside the request for the block in which its target is expected", () => {
      const view = { lookedAt: lookedAt("s0", "s1", "s2") };
      const ahead = { kind: "look_ahead", submissions: ["s1"], resumes: [] };
      // What is due is looked at first.
      assert.equal(act(three, events, { head: 1009, view }).kind, "look");
      const seen = { lookedAt: new Map([...view.lookedAt, ["s0", 1009]]) };
      assert.deepEqual(act(three, events, { head: 1009, view: seen }), ahead);
      assert.deepEqual(act(three, events, { head: 1008, view: seen }), { kind: "wait" });
      assert.deepEqual(act(three, events, { head: 1009, view: seen, isAwaited: false }), { kind: "wait" });
    });

    it("looks at the last but one when it is final as well, where nobody waits for the gate", () => {
      const view = { lookedAt: lookedAt("s0", "s1", "s2") };
      const looks = (head: number) => {
        const action = act(three, events, { head, view, isAwaited: false });
        return action.kind === "look" ? action.submissions : [];
      };
      assert.deepEqual(looks(1010), ["s0"]);
      assert.deepEqual(looks(1012), ["s0", "s1"]);
    });

    it("takes a dispatch into evidence only once callback, target and result are final", () => {
      const view = { submissions: new Map([["s0", seenDispatched()]]), lookedAt: lookedAt("s0", "s1", "s2") };
      const blocks = { d: { height: 1006, state: "final" }, t: { height: 1007, state: "head" } } as const;
      assert.notEqual(act(three, events, { view, blocks }).kind, "append");
      assert.equal(
        appended(three, events, { view, blocks: { ...blocks, t: { height: 1007, state: "final" } } }).case,
        "stepResolved",
      );
    });

    it("a receipt's height is the target's, the dispatch height the callback's (rule: receipt-is-the-targets)", () => {
      const view = { submissions: new Map([["s0", seenDispatched()]]) };
      const event = appended(three, events, {
        view,
        blocks: { d: { height: 1006, state: "final" }, t: { height: 1007, state: "final" } },
      });
      assert.ok(event.case === "stepResolved");
      assert.equal(event.value.receipt?.blockHeight, 1007n);
      assert.equal(event.value.dispatchBlockHeight, 1006n);
      assert.equal(event.value.receipt?.receiptId, "receipt");
    });

    it("goes on with the others when one has failed: the chain goes on too", () => {
      const failed = [...events, resolved(1, "Smart contract panicked: insufficient balance or overflow")];
      assert.deepEqual(act(three, failed, { head: 1020 }), { kind: "look", submissions: ["s0", "s2"], resumes: [] });
    });

    it("measures once, and then ends as succeeded", () => {
      const all = [...events, resolved(0), resolved(1), resolved(2)];
      assert.deepEqual(act(three, all), { kind: "measure" });
      const measured: EventInit = { case: "measured", value: {} };
      assert.deepEqual(appended(three, [...all, measured]), { case: "ended", value: { status: "succeeded" } });
    });
  });
});

describe("how far a workflow has come on the gate", () => {
  const progress = (kinds: readonly Kind[], events: readonly EventInit[], init: WorldInit = {}) =>
    gateProgress(workflow(kinds, events), world(init)).kind;

  it("prepares, is ready, resumes, runs, and is gone", () => {
    assert.equal(progress(three, [taken, allowed, admitted]), "preparing");
    assert.equal(progress(three, pending(three)), "ready");
    assert.equal(progress(three, [...pending(three), resumed()]), "resuming");
    assert.equal(progress(three, [...pending(three), resumed(), started(1005)]), "running");
    const all = [...pending(three), resumed(), started(1005), resolved(0), resolved(1), resolved(2)];
    assert.equal(progress(three, all), "gone");
  });

  it("a chain of one never occupies the tail (rule: resume-runs-on-an-empty-tail)", () => {
    assert.equal(progress(one, [...pending(one), resumed(), started(1005)]), "clear");
  });

  it("comes clear with the result of the last member but one, or with the gate's link where that is a promise (rule: resume-runs-on-an-empty-tail)", () => {
    const events = [...pending(three), resumed(), started(1005)];
    const herald = (view: ReturnType<typeof seen>) => ({ view: { submissions: new Map([["s1", view]]) } });
    assert.equal(progress(three, events, herald(seenAccepted())), "running");
    assert.equal(progress(three, events, herald(seenDispatched())), "clear");
    assert.equal(progress(three, events, herald(seenDispatched("it failed"))), "clear");
    const promised = seenDispatched();
    const target = promised.dispatch?.target;
    assert.ok(target);
    const waiting = { ...promised, dispatch: { blockHash: "d", target: { ...target, promised: true } } };
    assert.equal(progress(three, events, herald(waiting)), "running");
    assert.equal(progress(three, events, herald({ ...waiting, continued: { blockHash: "c" } })), "clear");
  });

  it("does not hold up others where its resume cannot land any more and no proof is to be had that it never did", () => {
    const events = [...pending(three), resumed()];
    const found = { groundFoundAt: new Map([["resume", 1010]]) };
    assert.equal(progress(three, events, { finalHeight: 1024, view: found }), "resuming");
    assert.equal(progress(three, events, { finalHeight: 1025, view: found }), "lost");
    const result = { kind: "started", blockHash: "r" } as const;
    const view = { ...found, resumes: new Map([["resume", { result, tokensBurnt: 0n }]]) };
    assert.equal(progress(three, events, { finalHeight: 1025, view }), "running");
  });

  it("leaves the gate at once when a submission is refused", () => {
    const refused: EventInit = { case: "submissionRefused", value: { step: 1, txHash: "s1", error: "no" } };
    assert.equal(progress(three, [taken, allowed, admitted, signed(three), submissions(0, 1, 2), refused]), "gone");
  });
});
