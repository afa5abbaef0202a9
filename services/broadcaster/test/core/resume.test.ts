import assert from "node:assert/strict";
import type { EventInit } from "../../src/core/workflow/action.ts";
import { act, appended, lookedAt, one, sentAt, three } from "./driver-actions.ts";
import { type Kind, pending, resumed, seenDispatched, transaction } from "./workflow-builder.ts";

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

    it("is asked for a head before its last target but one runs, so that the look at that one need not wait", () => {
      const asks = (calls: number) => {
        const kinds = three.slice(0, calls);
        const intentIds = kinds.map((_, index) => String(40 + index));
        const chain: EventInit = {
          case: "resumePrepared",
          value: { transaction: transaction("resume"), mode: "chain", intentIds, feeYocto: "30" },
        };
        const log = [...pending(kinds), chain];
        const view = { sentAt: sentAt(1005, "resume"), lookedAt: lookedAt(...kinds.map((_, index) => `s${index}`)) };
        return [1007, 1008, 1009].find((head) => act(kinds, log, { head, view }).kind === "look");
      };
      // Sent at 1005, it runs in 1007, the first target in 1009, the second in 1012.
      assert.deepEqual([asks(2), asks(3)], [1008, 1009]);
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
});
