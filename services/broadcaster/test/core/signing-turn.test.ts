import assert from "node:assert/strict";
import type { EndedInit, EventInit } from "../../src/core/workflow/action.ts";
import { gateProgress } from "../../src/core/workflow/gate-progress.ts";
import { settlingBefore } from "../../src/core/workflow/settle.ts";
import { act, appended, one, three } from "./driver-actions.ts";
import {
  admitted,
  allowed,
  deadlineMs,
  maxBlockHeight,
  pending,
  signed,
  signing,
  started,
  submissions,
  taken,
  transaction,
  type WorldInit,
  workflow,
  world,
} from "./workflow-builder.ts";

describe("what the driver does next", () => {
  it("checks policy, seeks admission, signs and submits, in this order", () => {
    assert.deepEqual(act(one, [taken]), { kind: "check_policy" });
    assert.deepEqual(act(one, [taken, allowed]), { kind: "seek_admission" });
    assert.deepEqual(act(one, [taken, allowed, admitted]), { kind: "sign" });
    assert.deepEqual(act(three, [taken, allowed, admitted, signed(three)]), { kind: "submit", steps: [0, 1, 2] });
  });

  it("stops once the workflow has ended", () => {
    assert.deepEqual(act(one, [taken, { case: "ended", value: { status: "policy_denied" } }]), { kind: "stop" });
  });

  it("measures again what it has cost, where something was sent after that", () => {
    const rejected: EventInit = {
      case: "resumePrepared",
      value: { transaction: transaction("reject"), mode: "reject", intentIds: ["40"], feeYocto: "30" },
    };
    const measured: EventInit = { case: "measured", value: {} };
    const log = [...pending(one), measured];
    assert.equal(workflow(one, log).measured, true);
    assert.equal(workflow(one, [...log, taken, { case: "cancelRequested", value: {} }]).measured, true);
    assert.equal(workflow(one, [...log, rejected]).measured, false);
    assert.equal(workflow(one, [...log, rejected, started(1010, "reject")]).measured, false);
  });

  it("signs anew only once what was thrown away is dead at a final block", () => {
    const discarded: EventInit = { case: "signaturesDiscarded", value: { reason: "old" } };
    const events = [taken, allowed, admitted, signed(one), discarded];
    const used = (isUsed: boolean, timeMs: number) => new Map([[0, { used: isUsed, timeMs }]]);
    const late = { finalMs: deadlineMs + 1, finalHeight: 1010 };
    assert.deepEqual(act(one, events), { kind: "read_nonces", steps: [0] });
    assert.deepEqual(act(one, events, { nonceUse: used(false, 1_001_000), view: { noncesReadAt: 1005 } }), {
      kind: "wait",
    });
    assert.deepEqual(act(one, events, late), { kind: "read_nonces", steps: [0] });
    assert.deepEqual(act(one, events, { ...late, nonceUse: used(false, deadlineMs + 1) }), { kind: "seek_admission" });
    // Somebody has it and has carried it: to sign anew would do it twice.
    assert.deepEqual(act(one, events, { ...late, nonceUse: used(true, deadlineMs + 1) }), { kind: "measure" });
    const plain = [taken, allowed, admitted, signed(["plain"]), discarded];
    assert.deepEqual(act(["plain"], plain, { finalHeight: Number(maxBlockHeight) }), { kind: "wait" });
    assert.deepEqual(act(["plain"], plain, { finalHeight: Number(maxBlockHeight) + 1 }), { kind: "seek_admission" });
  });

  describe("that signs anew (rule: signed-anew-is-bounded)", () => {
    const discarded: EventInit = { case: "signaturesDiscarded", value: { reason: "old" } };
    const times = (count: number) =>
      Array.from({ length: count }, () => [admitted, signed(["plain"]), discarded]).flat();
    const dead = { finalHeight: Number(maxBlockHeight) + 1, nowMs: 1_100_000 };
    const after = (count: number, init: WorldInit = dead) => act(["plain"], [taken, allowed, ...times(count)], init);

    it("does so three times in all, and then ends: clocks that differ had it sign for ever", () => {
      for (const count of [1, 2, 3]) assert.deepEqual(after(count), { kind: "seek_admission" });
      const action = after(4);
      assert.ok(action.kind === "append" && action.event.case === "ended");
      const { status, errorCode, outcomes } = action.event.value;
      assert.deepEqual(
        [status, errorCode, outcomes?.map(({ outcome }) => outcome)],
        ["failed", "timed_out", ["not_executed"]],
      );
    });

    it("waits ten final blocks from one signing to the next, however soon what was signed is over", () => {
      // A payload's deadline can have passed at once; the delegate's height says when it was signed.
      const payload = [taken, allowed, admitted, signed(one), discarded];
      const nonceUse = new Map([[0, { used: false, timeMs: deadlineMs + 1 }]]);
      const at = (finalHeight: number) => act(one, payload, { finalHeight, finalMs: deadlineMs + 1, nonceUse });
      assert.deepEqual(at(1009), { kind: "wait" });
      assert.deepEqual(at(1010), { kind: "seek_admission" });
    });
  });

  it("goes on being blocked since when it was, once what was signed was thrown away", () => {
    const queue = { waitingFor: "keystore_unavailable" };
    const waits: EventInit = { case: "waiting", value: { queue, blockedSinceMs: 5n } };
    const discarded: EventInit = { case: "signaturesDiscarded", value: { reason: "old" } };
    const { waiting } = workflow(one, [taken, allowed, admitted, signing(one), waits, discarded]);
    assert.deepEqual(
      [waiting?.queue.waitingFor, waiting?.blockedSinceMs, waiting?.isOutdated],
      [queue.waitingFor, 5, true],
    );
    const { waiting: again } = workflow(one, [taken, allowed, admitted, signing(one), waits, discarded, waits]);
    assert.equal(again?.isOutdated, undefined);
  });

  it("goes on at once where the keystore is known to have signed nothing", () => {
    const discarded: EventInit = { case: "signaturesDiscarded", value: { reason: "refused", nothingSigned: true } };
    assert.deepEqual(act(one, [taken, allowed, admitted, signing(one), discarded]), { kind: "seek_admission" });
  });

  it("signs on the same terms again until they are too old, however often it waited meanwhile", () => {
    const waits: EventInit = { case: "waiting", value: { queue: { waitingFor: "keystore_unavailable" } } };
    const events = [taken, allowed, admitted, signing(one)];
    assert.deepEqual(act(one, events), { kind: "sign" });
    assert.deepEqual(act(one, [...events, waits]), { kind: "seek_admission" });
    assert.deepEqual(act(one, [...events, waits, admitted]), { kind: "sign" });
    assert.equal(appended(one, [...events, waits], { head: 1182 }).case, "signaturesDiscarded");
  });

  it("does not end while something may have been signed: it settles first, and ends as it was to", () => {
    const end: EndedInit = {
      status: "requires_approval",
      errorCode: "requires_approval",
      userVisibleError: "why",
      requiredApprovals: 2,
    };
    const { final } = world();
    const before = [taken, allowed, admitted];
    assert.equal(settlingBefore(workflow(one, before), end, final), undefined);
    const settling = settlingBefore(workflow(one, [...before, signing(one)]), end, final);
    assert.equal(settling?.case, "settling");
    const events = [...before, signing(one), settling as EventInit];
    assert.deepEqual(gateProgress(workflow(one, events), world()), { kind: "gone" });
    const dead = { finalMs: deadlineMs + 1, nonceUse: new Map([[0, { used: false, timeMs: deadlineMs + 1 }]]) };
    const { value } = appended(one, events, dead);
    assert.deepEqual(value, { ...end, outcomes: [{ outcome: "not_executed" }] });
  });

  it("seeks admission again after the wait began anew", () => {
    const waits: EventInit = { case: "waiting", value: { queue: { waitingFor: "keystore_unavailable" } } };
    assert.deepEqual(act(one, [taken, allowed, admitted, waits]), { kind: "seek_admission" });
  });

  it("holds signatures back that would be too old where they run, until they are dead and thrown away", () => {
    const events = [taken, allowed, admitted, signed(one)];
    // A delegate that is sent at 1149 runs by block 1179, the last in which the gate takes it.
    assert.deepEqual(act(one, events, { head: 1149 }), { kind: "submit", steps: [0] });
    for (const head of [1150, 1178, 1179, 1181]) assert.deepEqual(act(one, events, { head }), { kind: "wait" });
    assert.equal(appended(one, events, { head: 1182 }).case, "signaturesDiscarded");
    const unsigned = [taken, allowed, admitted, signing(one)];
    assert.deepEqual(act(one, unsigned, { head: 1150 }), { kind: "wait" });
  });

  it("throws signatures away that became too old before anything was sent, and none after", () => {
    const events = [taken, allowed, admitted, signed(one)];
    assert.equal(appended(one, events, { head: 1182 }).case, "signaturesDiscarded");
    assert.equal(appended(one, events, { finalMs: deadlineMs }).case, "signaturesDiscarded");
    assert.notEqual(act(one, [...events, submissions(0)], { head: 1182 }).kind, "append");
  });
});
