import assert from "node:assert/strict";
import type { EventInit } from "../../src/core/workflow/action.ts";
import { next } from "../../src/core/workflow/next.ts";
import { act, appended, lookedAt, one, sentAt, three } from "./driver-actions.ts";
import {
  acceptedAt,
  admitted,
  admittedSingly,
  allowed,
  pending,
  resumed,
  seen,
  seenAccepted,
  signed,
  singly,
  submissions,
  taken,
  workflow,
  world,
} from "./workflow-builder.ts";

describe("what the driver does next", () => {
  describe("after submissions were written down", () => {
    const events = [taken, allowed, admitted, signed(three), submissions(0, 1, 2)];

    it("asks the node before it sends anything again: after a crash they may have landed", () => {
      assert.deepEqual(act(three, events), { kind: "look", submissions: ["s0", "s1", "s2"], resumes: [] });
    });

    it("does not ask before an answer can be there", () => {
      assert.deepEqual(act(three, events, { view: { sentAt: sentAt(1004, "s0", "s1", "s2") } }), { kind: "wait" });
    });

    it("has the last that it sent itself say whether it is time to look at the others, the first time only", () => {
      const all = { kind: "look", submissions: ["s0", "s1", "s2"], resumes: [] };
      const sent = sentAt(1003, "s0", "s1", "s2");
      assert.deepEqual(act(three, events, { view: { sentAt: sent } }), { ...all, lastFirst: true });
      const looked = new Map([["s2", 1004]]);
      assert.deepEqual(act(three, events, { view: { sentAt: sent, lookedAt: looked } }), all);
    });

    it("sends the same bytes again that the node does not know", () => {
      const view = {
        lookedAt: lookedAt("s0", "s1", "s2"),
        sentAt: sentAt(1002, "s0", "s1", "s2"),
        submissions: new Map([
          ["s0", seen()],
          ["s1", undefined],
          ["s2", undefined],
        ]),
      };
      assert.deepEqual(act(three, events, { view }), { kind: "resend", hashes: ["s1", "s2"] });
    });

    it("writes the ids down as soon as they are seen, final or not", () => {
      const view = {
        submissions: new Map([
          ["s0", seenAccepted("41", "a0")],
          ["s1", seenAccepted("42", "a1")],
        ]),
      };
      const event = appended(three, events, {
        view,
        blocks: { a0: { height: 1004, state: "head" }, a1: { height: 1004, state: "head" } },
      });
      assert.equal(event.case, "submissionsAccepted");
      assert.deepEqual(
        event.case === "submissionsAccepted" ? event.value.steps?.map(({ step, intentId }) => [step, intentId]) : [],
        [
          [0, "41"],
          [1, "42"],
        ],
      );
    });

    describe("of which one is dead, and too late to be sent again", () => {
      const dead = (step: number): EventInit => ({
        case: "transactionDead",
        value: { txHash: `s${step}`, ground: "nonce_passed" },
      });
      const late = { head: 1160 };
      const timedOut: EventInit = { case: "intentClosed", value: { step: 0, blockHeight: 1203n, reason: "timeout" } };

      it("ends the attempt although another one's intent has timed out: nothing would ever come next", () => {
        const half = [taken, allowed, admitted, signed(three), submissions(0, 1, 2), acceptedAt(1003, 0, 1)];
        const event = appended(three, [...half, timedOut, dead(2)], { head: 1210, view: { noncesReadAt: 1210 } });
        assert.equal(event.case, "settling");
      });

      it("ends the attempt although a resume seems to be under way, which names an id of a lost fork", () => {
        const withdrawn: EventInit = { case: "idsWithdrawn", value: { steps: [0] } };
        for (const [admission, resume] of [
          [admitted, resumed()],
          [admittedSingly, singly(0)],
        ] as const) {
          const begun = [taken, allowed, admission, signed(one), submissions(0), acceptedAt(1003, 0)];
          const event = appended(one, [...begun, resume, withdrawn, dead(0)], {
            ...late,
            view: {
              noncesReadAt: 1160,
              lookedAt: new Map([
                ["resume", 1160],
                ["r0", 1160],
              ]),
            },
          });
          assert.equal(event.case, "settling");
        }
      });
    });

    it("takes no id from a block that lost, or whose place is not known", () => {
      const view = { submissions: new Map([["s0", seenAccepted()]]), lookedAt: lookedAt("s0", "s1", "s2") };
      const lost = act(three, events, { view, blocks: { a0: { height: 1004, state: "forked" } } });
      assert.notEqual(lost.kind, "append");
      const unknown = next(workflow(three, events), { ...world({ view }), block: () => undefined });
      assert.notEqual(unknown.kind, "append");
    });

    it("believes a refusal only once it is final", () => {
      const refused = seen({ submission: { kind: "refused", error: "signature verification failed", blockHash: "r" } });
      const view = { submissions: new Map([["s1", refused]]), lookedAt: lookedAt("s0", "s1", "s2") };
      assert.notEqual(act(three, events, { view, blocks: { r: { height: 1005, state: "head" } } }).kind, "append");
      const event = appended(three, events, { view, blocks: { r: { height: 1003, state: "final" } } });
      assert.deepEqual(event, {
        case: "submissionRefused",
        value: { step: 1, txHash: "s1", error: "signature verification failed" },
      });
    });

    it("looks up whose submission it was that used the nonce up, and takes it as ours (rule: used-nonce-is-looked-up)", () => {
      const error = "Smart contract panicked: nonce already used for this sender (replay rejected)";
      const refused = seen({ submission: { kind: "refused", error, blockHash: "r" } });
      const view = { submissions: new Map([["s1", refused]]), lookedAt: lookedAt("s0", "s1", "s2") };
      assert.deepEqual(act(three, events, { view }), { kind: "adopt", step: 1 });
      const found = {
        $typeName: "outlayer.evidence.v1.AcceptedSubmission",
        step: 1,
        txHash: "foreign",
        signerId: "other.near",
        intentId: "77",
        blockHash: "f",
        blockHeight: 1002n,
      } as const;
      const adopted = appended(three, events, { view: { ...view, adoptions: new Map([[1, found]]) } });
      assert.deepEqual(adopted, { case: "submissionsAccepted", value: { steps: [found] } });
      const none = appended(three, events, { view: { ...view, adoptions: new Map([[1, "none" as const]]) } });
      assert.equal(none.case, "submissionRefused");
    });

    it("signs anew only when the old one is dead (rule: signed-anew-only-when-dead)", () => {
      const dead: EventInit = { case: "transactionDead", value: { txHash: "s1", ground: "nonce_passed" } };
      const view = {
        lookedAt: lookedAt("s0", "s2"),
        submissions: new Map([
          ["s0", seen()],
          ["s2", seen()],
        ]),
      };
      assert.deepEqual(act(three, [...events, dead], { view }), { kind: "submit", steps: [1] });
      const unknown = {
        lookedAt: lookedAt("s0", "s1", "s2"),
        sentAt: sentAt(1000, "s0", "s1", "s2"),
        submissions: new Map([["s1", undefined]]),
      };
      assert.deepEqual(act(three, events, { view: unknown }), { kind: "resend", hashes: ["s1"] });
    });

    it("tries to prove dead what stays unknown, and says that it is unknown", () => {
      const view = {
        lookedAt: lookedAt("s0", "s1", "s2"),
        sentAt: new Map(["s0", "s1", "s2"].map((hash) => [hash, { first: 990, last: 1004 }])),
        submissions: new Map([
          ["s0", seen()],
          ["s1", undefined],
          ["s2", seen()],
        ]),
      };
      assert.deepEqual(act(three, events, { view }), { kind: "prove_dead", hash: "s1" });
      const tried = { ...view, provenAt: new Map([["s1", 1004]]) };
      assert.deepEqual(act(three, events, { view: tried }), { kind: "wait" });
      // With a slow node it is time to send again after every look: it is time for a proof all the same.
      const slow = { ...view, sentAt: new Map(["s0", "s1", "s2"].map((hash) => [hash, { first: 990, last: 1001 }])) };
      assert.deepEqual(act(three, events, { view: slow }), { kind: "prove_dead", hash: "s1" });
      const late = appended(three, events, { view: tried, nowMs: 1_061_000 });
      assert.deepEqual(late, { case: "outcomeUnknown", value: { txHashes: ["s0", "s1", "s2"] } });
      const said: EventInit = { case: "outcomeUnknown", value: { txHashes: ["s1"] } };
      assert.deepEqual(act(three, [...events, said], { view: tried, nowMs: 1_061_000 }), { kind: "wait" });
    });

    it("a submission still unknown when its siblings are 150 blocks old is made impossible, and ends the attempt (rule: lost-submission-ends-the-attempt)", () => {
      const some = [...events, acceptedAt(1003, 0, 1)];
      const view = { lookedAt: new Map([["s2", 1153]]), submissions: new Map([["s2", undefined]]) };
      assert.notEqual(
        act(three, some, { head: 1152, view: { ...view, lookedAt: new Map([["s2", 1152]]) } }).kind,
        "burn_nonce",
      );
      assert.deepEqual(act(three, some, { head: 1153, view }), { kind: "burn_nonce", hash: "s2" });
      const dead: EventInit = { case: "transactionDead", value: { txHash: "s2", ground: "nonce_passed" } };
      const over = appended(three, [...some, dead], { head: 1160, view: { noncesReadAt: 1160 } });
      assert.equal(over.case, "settling");
    });
  });

  it("withdraws ids that were seen on a fork that lost, and submits the same bytes again (rule: ids-of-a-lost-fork-are-withdrawn)", () => {
    const events = pending(three);
    const event = appended(three, events, { blocks: { a1: { height: 1003, state: "forked" } } });
    assert.deepEqual(event, { case: "idsWithdrawn", value: { steps: [1] } });
    const view = { lookedAt: lookedAt("s1"), sentAt: sentAt(1000, "s1"), submissions: new Map([["s1", undefined]]) };
    assert.deepEqual(act(three, [...events, event], { view }), { kind: "resend", hashes: ["s1"] });
  });
});
