import assert from "node:assert/strict";
import type { EventInit } from "../../src/core/workflow/action.ts";
import { gateProgress } from "../../src/core/workflow/gate-progress.ts";
import { act, appended, lookedAt, one, plain, three } from "./driver-actions.ts";
import {
  acceptedAt,
  admitted,
  allowed,
  deadlineMs,
  type Kind,
  pending,
  resolved,
  resumed,
  signed,
  started,
  submissions,
  taken,
  transaction,
  workflow,
  world,
} from "./workflow-builder.ts";

describe("what the driver does next", () => {
  describe("settling", () => {
    const overflow = "Smart contract panicked: insufficient balance or overflow";
    const failed = [...pending(three), resumed(), started(1005), resolved(0), resolved(1, overflow), resolved(2)];
    const fresh = { view: { noncesReadAt: 1005 } };

    it("says which step may still execute and until when (rule: settling-until-nothing-is-possible)", () => {
      const event = appended(three, failed, fresh);
      assert.ok(event.case === "settling");
      assert.deepEqual(
        event.value.outcomes?.map(({ outcome, error, possibleUntil }) => [outcome, error, possibleUntil]),
        [
          ["succeeded", undefined, undefined],
          ["still_possible", overflow, "1970-01-01T00:21:40Z"],
          ["succeeded", undefined, undefined],
        ],
      );
      assert.equal(event.value.errorCode, "dispatch_failed");
      assert.equal(
        event.value.userVisibleError,
        `step 2 of 3 failed on chain: ${overflow}; step 2 of 3 may still execute until 1970-01-01T00:21:40Z; do not repeat before`,
      );
      assert.deepEqual(act(three, [...failed, event], fresh), { kind: "wait" });
    });

    it("decides after the deadline, by the nonce as read at a final block (rule: public-payload-stays-possible)", () => {
      const told = [...failed, appended(three, failed, fresh)];
      const after = { finalMs: deadlineMs + 1 };
      assert.deepEqual(act(three, told, { ...after, ...fresh }), { kind: "wait" });
      assert.deepEqual(act(three, told, after), { kind: "read_nonces", steps: [1] });
      const early = new Map([[1, { used: false, timeMs: deadlineMs }]]);
      assert.notEqual(act(three, told, { ...after, ...fresh, nonceUse: early }).kind, "measure");
      const unused = new Map([[1, { used: false, timeMs: deadlineMs + 1 }]]);
      assert.deepEqual(act(three, told, { ...after, ...fresh, nonceUse: unused }), { kind: "measure" });
      const event = appended(three, [...told, { case: "measured", value: {} }], {
        ...after,
        ...fresh,
        nonceUse: unused,
      });
      assert.ok(event.case === "ended");
      assert.equal(event.value.status, "failed");
      assert.deepEqual(
        event.value.outcomes?.map(({ outcome }) => outcome),
        ["succeeded", "failed_on_chain", "succeeded"],
      );
    });

    it("a payload that somebody else carried succeeded elsewhere (rule: carried-by-somebody-else-is-said)", () => {
      const used = new Map([[1, { used: true, timeMs: 1_002_000 }]]);
      const event = appended(three, [...failed, { case: "measured", value: {} }], { ...fresh, nonceUse: used });
      assert.ok(event.case === "ended");
      assert.deepEqual(
        event.value.outcomes?.map(({ outcome }) => outcome),
        ["succeeded", "succeeded_elsewhere", "succeeded"],
      );
      assert.match(
        event.value.userVisibleError ?? "",
        /step 2 of 3 took effect all the same, carried by somebody else: do not repeat it$/,
      );
      const said = [
        ...pending(one),
        resumed(),
        started(1005),
        resolved(0, "Smart contract panicked: nonce was already used"),
      ];
      assert.deepEqual(act(one, said), { kind: "measure" });
    });

    it("a plain call has failed for good once its target failed (rule: plain-call-ends-with-its-target)", () => {
      const events = [
        ...pending(plain),
        resumed(),
        started(1005),
        resolved(0, "Smart contract panicked: no"),
        { case: "measured", value: {} } as const,
      ];
      const event = appended(plain, events);
      assert.ok(event.case === "ended");
      assert.equal(event.value.outcomes?.[0]?.outcome, "failed_on_chain");
    });

    it("a plain call off the gate stays possible until its delegate's height, on it until it is closed (rule: plain-call-ends-with-its-target)", () => {
      const two: readonly Kind[] = ["plain", "plain"];
      const events = [taken, allowed, admitted, signed(two), submissions(0, 1), acceptedAt(1003, 0)];
      const refused: EventInit = { case: "submissionRefused", value: { step: 1, txHash: "s1", error: "no" } };
      const event = appended(two, [...events, refused]);
      assert.ok(event.case === "settling");
      assert.deepEqual(
        event.value.outcomes?.map(({ outcome, possibleUntil }) => [outcome, possibleUntil]),
        [
          ["still_possible", "1203"],
          ["still_possible", "1180"],
        ],
      );
      assert.match(
        event.value.userVisibleError ?? "",
        /steps 1, 2 of 2 may still execute until block 1203; do not repeat before$/,
      );
      const closed: EventInit = { case: "intentClosed", value: { step: 0, reason: "timeout", blockHeight: 1204n } };
      const end = appended(two, [...events, refused, closed, { case: "measured", value: {} }], { head: 1300 });
      assert.ok(end.case === "ended");
      assert.deepEqual(
        end.value.outcomes?.map(({ outcome }) => outcome),
        ["not_executed", "not_executed"],
      );
      assert.equal(end.value.errorCode, "submission_refused");
    });

    it("leaves leftovers to time out, and rejects them only when the relayer's balance needs it (rule: leftovers-time-out)", () => {
      const refused: EventInit = { case: "submissionRefused", value: { step: 1, txHash: "s1", error: "no" } };
      const events = [taken, allowed, admitted, signed(three), submissions(0, 1, 2), acceptedAt(1003, 0, 2), refused];
      const told = [...events, appended(three, events, fresh)];
      const view = { noncesReadAt: 1005, lookedAt: lookedAt("s0", "s2") };
      assert.deepEqual(act(three, told, { view }), { kind: "wait" });
      assert.deepEqual(act(three, told, { view, rejectLeftovers: true }), { kind: "reject", intentId: "40" });
      // The gate asked another fee than was agreed, just now or a while ago.
      const leftOut = (rejectTriedAt: number) =>
        act(three, told, { view: { ...view, rejectTriedAt }, rejectLeftovers: true });
      assert.notEqual(leftOut(world().head).kind, "reject");
      assert.equal(leftOut(world().head - 20).kind, "reject");
      const rejected = (intentId: string, hash: string): EventInit => ({
        case: "resumePrepared",
        value: { transaction: transaction(hash), mode: "reject", intentIds: [intentId], feeYocto: "30" },
      });
      const resumes = new Map([
        ["r0", undefined],
        ["r2", undefined],
      ]);
      const sentAt = new Map(["r0", "r2"].map((hash) => [hash, { first: 1005, last: 1005 }]));
      const looked = { ...view, resumes, sentAt, lookedAt: lookedAt("s0", "s2", "r0", "r2") };
      const first = [...told, rejected("40", "r0")];
      assert.deepEqual(act(three, first, { view: looked, rejectLeftovers: true }), { kind: "reject", intentId: "42" });
      const both = [...first, rejected("42", "r2")];
      assert.deepEqual(act(three, both, { view: looked, rejectLeftovers: true }), { kind: "wait" });
      const later = { ...looked, lookedAt: new Map([...looked.lookedAt].map(([hash]) => [hash, 1008])) };
      const resent = { kind: "resend", hashes: ["r0", "r2"] };
      assert.deepEqual(act(three, both, { head: 1008, view: later, rejectLeftovers: true }), resent);
    });

    it("what was never submitted was not executed", () => {
      const events = [taken, allowed, admitted, signed(one)];
      assert.equal(gateProgress(workflow(one, events), world()).kind, "preparing");
    });
  });
});
