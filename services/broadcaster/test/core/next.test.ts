import assert from "node:assert/strict";
import type { EventInit } from "../../src/core/workflow/action.ts";
import { laneProgress } from "../../src/core/workflow/lane-progress.ts";
import { next } from "../../src/core/workflow/next.ts";
import { settlingBefore } from "../../src/core/workflow/settle.ts";
import {
  acceptedAt,
  admitted,
  allowed,
  deadlineMs,
  type Kind,
  maxBlockHeight,
  pending,
  resolved,
  resumed,
  seen,
  seenAccepted,
  seenDispatched,
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

const one: readonly Kind[] = ["intents"];
const three: readonly Kind[] = ["intents", "intents", "intents"];
const plain: readonly Kind[] = ["plain"];

const act = (kinds: readonly Kind[], events: readonly EventInit[], init: WorldInit = {}) =>
  next(workflow(kinds, events), world(init));

/** The event that is to be appended next. */
function appended(kinds: readonly Kind[], events: readonly EventInit[], init: WorldInit = {}): EventInit {
  const action = act(kinds, events, init);
  assert.equal(action.kind, "append", `expected an append, not ${action.kind}`);
  return action.kind === "append" ? action.event : { case: "taken", value: {} };
}

const lookedAt = (...hashes: readonly string[]) => new Map(hashes.map((hash) => [hash, 1005]));
const sentAt = (head: number, ...hashes: readonly string[]) =>
  new Map(hashes.map((hash) => [hash, { first: head, last: head }]));

describe("the end of a workflow with a resume of which no node knows", () => {
  const closed: EventInit = { case: "intentClosed", value: { step: 0, blockHeight: 1203n, reason: "timeout" } };
  const plain: readonly Kind[] = ["plain"];
  const events = [...pending(plain), resumed(), closed];
  // Sent under a head that was old by then: many are between the two all the same.
  const view = {
    sentAt: new Map([["resume", { first: 1005, last: 1005 }]]),
    lookedAt: new Map([["resume", 1210]]),
    resumes: new Map([["resume", undefined]]),
  };

  it("waits for as long as that may only be late: what it costs belongs to the record", () => {
    assert.deepEqual(act(plain, events, { head: 1210, nowMs: 1_000_000 + 60_000, view }), { kind: "wait" });
    assert.deepEqual(act(plain, events, { head: 1210, nowMs: 1_000_000 + 60_001, view }), { kind: "measure" });
  });
});

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
    const late = { finalMs: deadlineMs + 1 };
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
    const end = { status: "requires_approval", errorCode: "x", userVisibleError: "why", requiredApprovals: 2 };
    const { final } = world();
    const before = [taken, allowed, admitted];
    assert.equal(settlingBefore(workflow(one, before), end, final), undefined);
    const settling = settlingBefore(workflow(one, [...before, signing(one)]), end, final);
    assert.equal(settling?.case, "settling");
    const events = [...before, signing(one), settling as EventInit];
    assert.deepEqual(laneProgress(workflow(one, events), world()), { kind: "gone" });
    const dead = { finalMs: deadlineMs + 1, nonceUse: new Map([[0, { used: false, timeMs: deadlineMs + 1 }]]) };
    const { value } = appended(one, events, dead);
    assert.deepEqual(value, { ...end, outcomes: [{ outcome: "not_executed" }] });
  });

  it("seeks admission again after the wait began anew", () => {
    const waits: EventInit = { case: "waiting", value: { queue: { waitingFor: "keystore_unavailable" } } };
    assert.deepEqual(act(one, [taken, allowed, admitted, waits]), { kind: "seek_admission" });
  });

  it("throws signatures away that became too old before anything was sent, and none after", () => {
    const events = [taken, allowed, admitted, signed(one)];
    assert.equal(appended(one, events, { head: 1182 }).case, "signaturesDiscarded");
    assert.equal(appended(one, events, { finalMs: deadlineMs }).case, "signaturesDiscarded");
    assert.notEqual(act(one, [...events, submissions(0)], { head: 1182 }).kind, "append");
  });

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

  describe("once all are pending", () => {
    it("resumes when it is its turn, and only looks now and then before", () => {
      assert.deepEqual(act(three, pending(three), { turn: true }), { kind: "resume" });
      assert.deepEqual(act(three, pending(three), { view: { lookedAt: lookedAt("s0", "s1", "s2") } }), {
        kind: "wait",
      });
      assert.equal(
        act(three, pending(three), { head: 1015, view: { lookedAt: lookedAt("s0", "s1", "s2") } }).kind,
        "look",
      );
    });

    it("does not resume what would time out on the way, and settles it instead", () => {
      // Member 2 is dispatched at head + 2 + 6; it times out at 1203.
      assert.deepEqual(act(three, pending(three), { turn: true, head: 1189 }), { kind: "resume" });
      const event = appended(three, pending(three), { turn: true, head: 1190, view: { noncesReadAt: 1190 } });
      assert.equal(event.case, "settling");
      assert.equal(event.case === "settling" ? event.value.errorCode : "", "timed_out");
    });

    it("follows a dispatch by anybody's doing (rule: chain-counts-whoever-acted)", () => {
      const view = { submissions: new Map([["s0", seenDispatched()]]) };
      const event = appended(one, pending(one), {
        view,
        blocks: { d: { height: 1006, state: "final" }, t: { height: 1007, state: "final" } },
      });
      assert.equal(event.case, "stepResolved");
      assert.equal(event.case === "stepResolved" ? event.value.dispatchBlockHeight : 0n, 1006n);
      assert.deepEqual(act(one, [...pending(one), event]), { kind: "measure" });
    });
  });

  describe("after a resume was written down", () => {
    const events = [...pending(three), resumed()];

    it("asks the node for it before anything else", () => {
      assert.deepEqual(act(three, events), { kind: "look", submissions: [], resumes: ["resume"] });
    });

    it("believes that it started or was refused only once that is final", () => {
      const result = (kind: "started" | "refused") => {
        const ran = kind === "started" ? { kind, blockHash: "r" } : { kind, blockHash: "r", error: "no" };
        return { resumes: new Map([["resume", { result: ran, tokensBurnt: 0n }]]), lookedAt: lookedAt("resume") };
      };
      assert.notEqual(
        act(three, events, { view: result("started"), blocks: { r: { height: 1005, state: "head" } } }).kind,
        "append",
      );
      const final = { r: { height: 1005, state: "final" } } as const;
      assert.deepEqual(appended(three, events, { view: result("started"), blocks: final }), {
        case: "resumeStarted",
        value: { txHash: "resume", blockHeight: 1005n },
      });
      assert.equal(appended(three, events, { view: result("refused"), blocks: final }).case, "resumeRefused");
    });

    const refused = (error: string): EventInit => ({ case: "resumeRefused", value: { txHash: "resume", error } });
    const panic = (text: string) => `Smart contract panicked: ${text}`;

    it("ends the attempt when the resume is refused for its fee or its signer (rule: refused-terms-end-the-attempt)", () => {
      for (const [error, code] of [
        [panic("insufficient fee: required 5 yocto for batch of 3, got 3"), "fee_mismatch"],
        [panic("only approver can batch-resume"), "approver_rotated"],
      ] as const) {
        const event = appended(three, [...events, refused(error)], { view: { noncesReadAt: 1005 } });
        assert.equal(event.case === "settling" ? event.value.errorCode : event.case, code);
      }
    });

    it("resumes anew after a panic because of another chain, with the fee back (rule: tail-is-read-before-a-resend)", () => {
      const error = panic("a chained batch is already in flight; owner must reset_batch_tail if stuck");
      assert.deepEqual(act(three, [...events, refused(error)], { turn: true }), { kind: "resume" });
    });

    it("reads the intents' own receipts when the resume did not find them (rule: missing-intent-is-looked-up)", () => {
      for (const text of ["unknown intent_id 41 in batch", "resume failed for first (not found or expired)"]) {
        // Whoever's turn it is: another resume before that would only cost another fee's gas.
        for (const turn of [true, false]) {
          const action = act(three, [...events, refused(panic(text))], { turn });
          assert.deepEqual(action, { kind: "look", submissions: ["s0", "s1", "s2"], resumes: [] });
        }
      }
    });

    it("reads them as of after the refusal, and does not resume what is seen to be dispatched (rule: missing-intent-is-looked-up)", () => {
      const log = [...events, refused(panic("unknown intent_id 41 in batch"))];
      const early = { lookedAt: new Map([...lookedAt("s0", "s1", "s2"), ["resume", 1009]] as [string, number][]) };
      const before = act(three, log, { turn: true, head: 1010, view: early });
      assert.deepEqual(before, { kind: "look", submissions: ["s0", "s1", "s2"], resumes: [] });
      const read = new Map(["s0", "s1", "s2", "resume"].map((hash) => [hash, 1010]));
      const blocks = { d: { height: 1009, state: "head" }, t: { height: 1010, state: "head" } } as const;
      const moving = { lookedAt: read, submissions: new Map([["s1", seenDispatched()]]) };
      assert.deepEqual(act(three, log, { turn: true, head: 1010, view: moving, blocks }), { kind: "wait" });
      assert.deepEqual(act(three, log, { turn: true, head: 1010, view: { lookedAt: read } }), { kind: "resume" });
    });

    it("makes an abandoned resume impossible before it gives the attempt up (rule: abandoned-resume-is-burnt)", () => {
      const view = { lookedAt: new Map([["resume", 1190]]), resumes: new Map([["resume", undefined]]) };
      assert.deepEqual(act(three, events, { head: 1190, view }), { kind: "burn_nonce", hash: "resume" });
      const burnt = { ...view, burntAt: new Map([["resume", 1190]]) };
      assert.deepEqual(act(three, events, { head: 1190, view: burnt }), { kind: "prove_dead", hash: "resume" });
      // That gets lost as well as anything: it is sent again while nothing is proven.
      const later = { ...burnt, lookedAt: new Map([["resume", 1220]]) };
      assert.deepEqual(act(three, events, { head: 1220, view: later }), { kind: "burn_nonce", hash: "resume" });
      const dead: EventInit = { case: "transactionDead", value: { txHash: "resume", ground: "nonce_passed" } };
      assert.equal(appended(three, [...events, dead], { head: 1190, view: { noncesReadAt: 1190 } }).case, "settling");
    });
  });

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
      assert.equal(laneProgress(workflow(one, events), world()).kind, "preparing");
    });
  });
});

describe("how far a workflow has come on the gate", () => {
  const progress = (kinds: readonly Kind[], events: readonly EventInit[], init: WorldInit = {}) =>
    laneProgress(workflow(kinds, events), world(init)).kind;

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
