import assert from "node:assert/strict";
import type { Aftermath } from "../../src/core/chain/aftermath.ts";
import type { SubmissionView } from "../../src/core/chain/submission-view.ts";
import type { EventInit } from "../../src/core/workflow/action.ts";
import { next } from "../../src/core/workflow/next.ts";
import { unmovedSteps } from "../../src/core/workflow/usage.ts";
import type { BlockPlace } from "../../src/core/workflow/world.ts";
import {
  acceptedAt,
  admittedSingly,
  allowed,
  type Kind,
  resolved,
  seenDispatched,
  signed,
  singly,
  started,
  submissions,
  taken,
  type WorldInit,
  workflow,
  world,
} from "./workflow-builder.ts";

const kinds: readonly Kind[] = ["intents", "intents"];
const token = "nep141:t.near";

const waiting = (events: readonly EventInit[], wishes: object) =>
  workflow(
    kinds,
    [taken, allowed, admittedSingly, signed(kinds), submissions(0, 1), acceptedAt(1003, 0, 1), ...events],
    wishes,
  );
const running = (wishes: object = { haltOnFailure: true }) => waiting([singly(0), started(1006, "r0")], wishes);

const open: Aftermath = { kind: "open" };
const known = (more: Partial<Extract<Aftermath, { kind: "known" }>> = {}): Aftermath => ({
  kind: "known",
  blockHashes: ["u", "v"],
  returned: new Map(),
  isWhole: false,
  refused: [],
  lost: [],
  ...more,
});
const refunded = known({ returned: new Map([[token, 5n]]), isWhole: true, refused: ["no"] });

/** The first step's target has succeeded in block `t`, and this became of it. */
function seenWith(aftermath: Aftermath): SubmissionView {
  const view = seenDispatched();
  const target = view.dispatch?.target;
  assert.ok(target && view.dispatch);
  return { ...view, dispatch: { ...view.dispatch, target: { ...target, aftermath } } };
}
const head = (height: number): BlockPlace => ({ height, state: "head" });
const final = (height: number): BlockPlace => ({ height, state: "final" });
const onHead = { d: head(1007), t: head(1008), u: head(1010), v: head(1009) };
const allFinal = { d: final(1007), t: final(1008), u: final(1010), v: final(1009) };
const lookedAt = new Map(["s0", "s1", "r0"].map((hash) => [hash, 1012]));
const at1012 = (aftermath: Aftermath, init: WorldInit = {}) =>
  world({
    head: 1012,
    blocks: onHead,
    ...init,
    view: { lookedAt, submissions: new Map([["s0", seenWith(aftermath)]]) },
  });

/** A step whose receipt succeeded, and what became of it. */
function undone(step: number, outcome: string, error: string, cameBack: boolean): EventInit {
  const event = resolved(step);
  assert.ok(event.case === "stepResolved");
  return { case: "stepResolved", value: { ...event.value, outcome: { outcome, error }, cameBack } as never };
}

describe("a step whose receipt succeeded, while it can still be taken back", () => {
  it("has nothing resumed after it where a failure halts, and is looked at again", () => {
    assert.equal(next(running(), at1012(open)).kind, "wait");
    assert.deepEqual(next(running(), { ...at1012(open), head: 1013 }), {
      kind: "look",
      submissions: ["s0"],
      resumes: [],
    });
  });

  it("has the next step resumed where failures do not halt, as a chain goes on too", () => {
    const action = next(running({}), at1012(open));
    assert.deepEqual(action, { kind: "resume_step", step: 1, block: { hash: "t", height: 1008 } });
  });

  it("is not recorded before the blocks that decide are final", () => {
    const state = running();
    assert.notEqual(next(state, at1012(open, { blocks: allFinal })).kind, "append");
    assert.notEqual(next(state, at1012(refunded, { blocks: { ...allFinal, u: head(1010) } })).kind, "append");
    const action = next(state, at1012(refunded, { blocks: allFinal }));
    assert.ok(action.kind === "append" && action.event.case === "stepResolved");
    const { outcome, cameBack, decidedBlockHeight } = action.event.value;
    assert.deepEqual([outcome, cameBack, decidedBlockHeight], [{ outcome: "refunded", error: "no" }, true, 1010n]);
  });

  it("lets the next step go with the latest block on which that it is kept depends", () => {
    const action = next(running(), at1012(known()));
    assert.deepEqual(action, { kind: "resume_step", step: 1, block: { hash: "u", height: 1010 } });
  });

  it("halts where it came back or is lost, be that not final yet", () => {
    for (const aftermath of [refunded, known({ lost: ["no"] })]) {
      assert.equal(next(running(), at1012(aftermath)).kind, "wait");
    }
  });

  it("is open again where the blocks that decided are on a fork that lost", () => {
    const blocks = { ...onHead, u: { height: 1010, state: "forked" } as const };
    assert.equal(next(running(), at1012(known(), { blocks })).kind, "wait");
  });

  it("is in progress, and not carried elsewhere, although its nonce reads as used", () => {
    const state = waiting([{ case: "settling", value: { outcomes: [], errorCode: "timed_out" } }], {});
    const nonceUse = new Map([
      [0, { used: true, timeMs: 1_001_000 }],
      [1, { used: true, timeMs: 1_001_000 }],
    ]);
    const action = next(state, at1012(open, { nonceUse }));
    assert.ok(action.kind === "append" && action.event.case === "settling");
    const [first, second] = action.event.value.outcomes ?? [];
    assert.deepEqual([first?.outcome, second?.outcome], ["in_progress", "succeeded_elsewhere"]);
    assert.match(
      action.event.value.userVisibleError ?? "",
      /the outcome of step 1 of 2 is not known yet; do not repeat/,
    );
  });
});

describe("a workflow with a step that was undone", () => {
  const ending = (...events: EventInit[]) => {
    const state = waiting([singly(0), started(1006, "r0"), ...events, { case: "measured", value: {} }], {});
    const action = next(state, world({ head: 1012, view: { lookedAt } }));
    assert.ok(action.kind === "append" && action.event.case === "ended", action.kind);
    const { status, errorCode, userVisibleError, outcomes } = action.event.value;
    const released = unmovedSteps(
      action.event.value,
      2,
      state.steps.map((step) => step.resolved),
    );
    return [status, errorCode, userVisibleError, outcomes?.map(({ outcome }) => outcome).join(), released.join()];
  };
  const lost = undone(1, "failed_on_chain", "gone (not refunded)", false);

  it("has the code `refunded` where all that it took came back, and only there", () => {
    const back = [undone(0, "refunded", "no", true), undone(1, "refunded", "no", true)];
    assert.deepEqual(ending(...back), [
      "failed",
      "refunded",
      "step 1 of 2 was refunded: no",
      "refunded,refunded",
      "0,1",
    ]);
    const [first] = back;
    assert.ok(first);
    const text = "step 1 of 2 was refunded: no";
    assert.deepEqual(ending(first, resolved(1)), ["failed", "dispatch_failed", text, "refunded,succeeded", "0"]);
    assert.deepEqual(ending(first, lost), ["failed", "dispatch_failed", text, "refunded,failed_on_chain", "0"]);
  });

  it("says what is lost, and releases nothing of that nor of what came back in part", () => {
    const part = undone(0, "refunded", "no (in part: 4 of t came back)", false);
    const text = "step 1 of 2 was refunded: no (in part: 4 of t came back)";
    assert.deepEqual(ending(part, lost), ["failed", "dispatch_failed", text, "refunded,failed_on_chain", ""]);
    const said = "step 2 of 2 failed on chain: gone (not refunded)";
    assert.deepEqual(ending(resolved(0), lost), ["failed", "dispatch_failed", said, "succeeded,failed_on_chain", ""]);
  });
});
