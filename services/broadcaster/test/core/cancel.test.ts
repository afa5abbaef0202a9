import assert from "node:assert/strict";
import type { CancelView } from "../../src/core/chain/cancel-view.ts";
import type { EventInit } from "../../src/core/workflow/action.ts";
import { gateProgress } from "../../src/core/workflow/gate-progress.ts";
import { next } from "../../src/core/workflow/next.ts";
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
  signing,
  singly,
  started,
  submissions,
  taken,
  transaction,
  type WorldInit,
  workflow,
  world,
} from "./workflow-builder.ts";

const two: readonly Kind[] = ["intents", "intents"];
const three: readonly Kind[] = ["intents", "intents", "intents"];
const mixed: readonly Kind[] = ["intents", "plain"];
const plain: readonly Kind[] = ["plain"];
const plains: readonly Kind[] = ["plain", "plain"];

const settings = { ...world().settings, settleByCancel: true };
const act = (kinds: readonly Kind[], events: readonly EventInit[], init: WorldInit = {}) =>
  next(workflow(kinds, events), world({ settings, ...init }));

/** The event that is to be appended next. */
function appended(kinds: readonly Kind[], events: readonly EventInit[], init: WorldInit = {}): EventInit {
  const action = act(kinds, events, init);
  assert.equal(action.kind, "append", `expected an append, not ${action.kind}`);
  return action.kind === "append" ? action.event : { case: "taken", value: {} };
}

/** What is said next, as often as something new is said, and the log with it. */
function told(kinds: readonly Kind[], events: readonly EventInit[], init: WorldInit = {}): EventInit[] {
  const event = appended(kinds, events, init);
  assert.equal(event.case, "settling");
  return [...events, event];
}

const wish: EventInit = { case: "cancelRequested", value: {} };
const prepared = (hash: string, ...steps: readonly number[]): EventInit => ({
  case: "cancelPrepared",
  value: {
    transaction: transaction(hash, 9n),
    payloads: steps.map((step) => ({ step, intentHash: `cancel-${step}` })),
  },
});
const landed = (hash: string, ...steps: readonly number[]): EventInit => ({
  case: "cancelResolved",
  value: { txHash: hash, blockHeight: 1020n, steps: [...steps] },
});
const refused = (hash: string, error: string, height = 1020n): EventInit => ({
  case: "cancelResolved",
  value: { txHash: hash, blockHeight: height, error },
});
const dead = (txHash: string): EventInit => ({ case: "transactionDead", value: { txHash, ground: "nonce_passed" } });
const measured: EventInit = { case: "measured", value: {} };

const used = "Smart contract panicked: nonce was already used";
const broke = "Smart contract panicked: insufficient balance or overflow";
const lookedAt = (head: number, ...hashes: readonly string[]) => new Map(hashes.map((hash) => [hash, head]));
/** Nonces were just read, and the submissions looked at. */
const calm = { noncesReadAt: 1005, lookedAt: lookedAt(1005, "s0", "s1", "s2") };

/** The chain ran, and step 2 of 3 failed. */
const half = [...pending(three), resumed(), started(1008), resolved(0), resolved(1, broke), resolved(2)];

describe("settling by cancel", () => {
  it("says first what may still execute, and then makes all of it impossible at once", () => {
    const settling = told(three, half, { view: calm });
    assert.deepEqual(act(three, settling, { view: calm }), { kind: "cancel", steps: [1] });
    const refusal: EventInit = { case: "submissionRefused", value: { step: 1, txHash: "s1", error: "no" } };
    const never = [taken, allowed, admitted, signed(three), submissions(0, 1, 2), acceptedAt(1003, 0, 2), refusal];
    const all = told(three, never, { view: calm });
    assert.deepEqual(act(three, all, { view: calm }), { kind: "cancel", steps: [0, 1, 2] });
  });

  it("does not where the operator does not want it, or where the deadline is as near", () => {
    const settling = told(three, half, { view: calm });
    const off = { ...settings, settleByCancel: false };
    assert.notEqual(act(three, settling, { view: calm, settings: off }).kind, "cancel");
    assert.notEqual(act(three, settling, { view: calm, finalMs: deadlineMs - 5000 }).kind, "cancel");
    assert.equal(act(three, settling, { view: calm, finalMs: deadlineMs - 5001 }).kind, "cancel");
  });

  it("waits a while before it tries again what could not be done", () => {
    const settling = told(three, half, { view: calm });
    const view = { ...calm, cancelTriedAt: 1000 };
    assert.equal(act(three, settling, { view }).kind, "wait");
    assert.deepEqual(act(three, settling, { view: { ...view, cancelTriedAt: 985 } }), { kind: "cancel", steps: [1] });
  });

  it("asks for a cancel that was written down before anything else: after a crash it may have landed", () => {
    const events = [...told(three, half, { view: calm }), prepared("c", 1)];
    assert.deepEqual(act(three, events, { view: calm }), { kind: "look_at_cancel", hash: "c" });
  });

  it("sends the same bytes again that no node knows, and signs another only once they are dead", () => {
    const events = [...told(three, half, { view: calm }), prepared("c", 1)];
    const sentAt = new Map([["c", { first: 1000, last: 1000 }]]);
    const view = {
      ...calm,
      sentAt,
      cancels: new Map([["c", undefined]]),
      lookedAt: lookedAt(1005, "s0", "s1", "s2", "c"),
      provenAt: new Map([["c", 1000]]),
    };
    assert.deepEqual(act(three, events, { view }), { kind: "resend", hashes: ["c"] });
    const proving = { ...view, provenAt: new Map<string, number>() };
    assert.deepEqual(act(three, events, { view: proving, head: 1010 }), { kind: "look_at_cancel", hash: "c" });
    const seen = { ...proving, lookedAt: lookedAt(1010, "s0", "s1", "s2", "c"), noncesReadAt: 1010 };
    assert.deepEqual(act(three, events, { view: seen, head: 1010 }), { kind: "prove_dead", hash: "c" });
    assert.deepEqual(act(three, [...events, dead("c")], { view: calm }), { kind: "cancel", steps: [1] });
  });

  it("never says of a cancel that is not found that its outcome is unknown: what may execute is told already", () => {
    const events = [...told(three, half, { view: calm }), prepared("c", 1)];
    const view = {
      ...calm,
      cancels: new Map([["c", undefined]]),
      sentAt: new Map([["c", { first: 1004, last: 1004 }]]),
      lookedAt: lookedAt(1005, "s0", "s1", "s2", "c"),
    };
    assert.equal(act(three, events, { view, nowMs: 9_000_000 }).kind, "wait");
  });

  it("believes that a cancel landed or failed only once that is final, and by the verifier's own events", () => {
    const events = [...told(three, half, { view: calm }), prepared("c", 1)];
    const result = { kind: "executed", executed: new Set(["cancel-1", "other"]), blockHash: "b" } as const;
    const view = (result: CancelView["result"]) => ({
      ...calm,
      cancels: new Map([["c", { result }]]),
      lookedAt: lookedAt(1005, "s0", "s1", "s2", "c"),
    });
    const head = { b: { height: 1004, state: "head" } } as const;
    const final = { b: { height: 1003, state: "final" } } as const;
    assert.equal(act(three, events, { view: view(result), blocks: head }).kind, "wait");
    const event = appended(three, events, { view: view(result), blocks: final });
    assert.deepEqual(event, { case: "cancelResolved", value: { txHash: "c", blockHeight: 1003n, steps: [1] } });
    const nothing = { ...result, executed: new Set<string>() };
    assert.deepEqual(appended(three, events, { view: view(nothing), blocks: final }).value, {
      txHash: "c",
      blockHeight: 1003n,
      steps: [],
    });
    const failed = { kind: "refused", error: used, blockHash: "b" } as const;
    assert.deepEqual(appended(three, events, { view: view(failed), blocks: final }).value, {
      txHash: "c",
      blockHeight: 1003n,
      error: used,
    });
  });

  it("ends at once with what landed, without waiting for the deadline", () => {
    const events = [...told(three, half, { view: calm }), prepared("c", 1), landed("c", 1)];
    assert.deepEqual(act(three, events, { view: calm }), { kind: "measure" });
    const end = appended(three, [...events, measured], { view: calm });
    assert.equal(end.case, "ended");
    const value = end.value as { status: string; errorCode: string; outcomes: { outcome: string }[] };
    assert.deepEqual([value.status, value.errorCode], ["failed", "dispatch_failed"]);
    assert.deepEqual(
      value.outcomes.map(({ outcome }) => outcome),
      ["succeeded", "failed_on_chain", "succeeded"],
    );
  });

  it("what somebody carried before it succeeded elsewhere, which is not said while the cancel may have done it (rule: carried-by-somebody-else-is-said)", () => {
    const settling = told(three, half, { view: calm });
    const nonceUse = new Map([[1, { used: true, timeMs: 1_001_000, height: 1019 }]]);
    const open = [...settling, prepared("c", 1)];
    const view = { ...calm, cancels: new Map([["c", undefined]]), lookedAt: lookedAt(1005, "s0", "s1", "s2", "c") };
    assert.notEqual(act(three, open, { view, nonceUse }).kind, "measure");
    const failed = [...open, refused("c", used, 1003n)];
    assert.deepEqual(appended(three, [...failed, measured], { view: calm, nonceUse }).value, {
      status: "failed",
      errorCode: "dispatch_failed",
      userVisibleError: `step 2 of 3 failed on chain: ${broke}; step 2 of 3 took effect all the same, carried by somebody else: do not repeat it`,
      outcomes: [{ outcome: "succeeded" }, { outcome: "succeeded_elsewhere", error: broke }, { outcome: "succeeded" }],
    });
  });

  it("reads which nonces are used before it makes another cancel, for the rest", () => {
    const refusal: EventInit = { case: "submissionRefused", value: { step: 1, txHash: "s1", error: "no" } };
    const events = [taken, allowed, admitted, signed(two), submissions(0, 1), acceptedAt(1003, 0), refusal];
    const failed = [...told(two, events, { view: calm }), prepared("c", 0, 1), refused("c", used)];
    const stale = new Map([[0, { used: false, timeMs: 1_001_000, height: 1019 }]]);
    const action = act(two, failed, { view: calm, nonceUse: stale });
    assert.deepEqual(action, { kind: "read_nonces", steps: [0, 1] });
    const fresh = new Map([
      [0, { used: true, timeMs: 1_001_000, height: 1020 }],
      [1, { used: false, timeMs: 1_001_000, height: 1020 }],
    ]);
    const rest = told(two, failed, { view: calm, nonceUse: fresh });
    assert.deepEqual(act(two, rest, { view: calm, nonceUse: fresh }), { kind: "cancel", steps: [1] });
  });

  it("does not try again what the verifier refuses for another reason", () => {
    const settling = told(three, half, { view: calm });
    const events = [...settling, prepared("c", 1), refused("c", "Smart contract panicked: invalid salt")];
    assert.equal(act(three, events, { view: calm }).kind, "wait");
  });

  it("decides by the deadline as before where the cancel is never heard of", () => {
    const events = [...told(three, half, { view: calm }), prepared("c", 1)];
    const timeMs = deadlineMs + 1;
    const late = { nowMs: timeMs, finalMs: timeMs, nonceUse: new Map([[1, { used: false, timeMs }]]) };
    assert.deepEqual(act(three, events, { view: calm, ...late }), { kind: "measure" });
  });

  it("finds out what the cancel has cost before it ends, where that was needless: it is given up, not sent again", () => {
    const events = [...pending(two), wish, prepared("c", 1), resumed(), started(1025), resolved(0), resolved(1)];
    assert.deepEqual(act(two, events, { view: calm, head: 1030 }), { kind: "look_at_cancel", hash: "c" });
    const missing = { ...calm, cancels: new Map([["c", undefined]]), lookedAt: lookedAt(1030, "c") };
    assert.deepEqual(act(two, events, { view: missing, head: 1030 }), { kind: "burn_nonce", hash: "c" });
    const burnt = { ...missing, burntAt: new Map([["c", 1030]]), provenAt: new Map([["c", 1030]]) };
    assert.deepEqual(act(two, events, { view: burnt, head: 1030 }), { kind: "wait" });
    assert.deepEqual(act(two, events, { view: burnt, head: 1030, nowMs: 1_000_000 + 60_001 }), { kind: "measure" });
    const dead: EventInit = { case: "transactionDead", value: { txHash: "c", ground: "nonce_passed" } };
    assert.deepEqual(act(two, [...events, dead], { view: burnt, head: 1040 }), { kind: "measure" });
  });

  it("a dispatch that fails because our cancel was first did not take effect anywhere", () => {
    const events = [...pending(two), wish, prepared("c", 1), landed("c", 1), resumed(), started(1025)];
    const log = [...events, resolved(0), resolved(1, used), measured];
    const { value } = appended(two, log, { view: calm, head: 1030 });
    assert.deepEqual(value, {
      status: "failed",
      errorCode: "cancelled",
      userVisibleError: "it was cancelled at its caller's wish, and step 1 of 2 had been executed by then",
      outcomes: [{ outcome: "succeeded" }, { outcome: "failed_on_chain", error: used }],
    });
  });
});

describe("a workflow whose caller wants it cancelled", () => {
  it("ends at once while nothing was signed, and settles until what was signed is dead, without a cancel", () => {
    const end = {
      status: "cancelled",
      errorCode: "cancelled",
      userVisibleError: "it was cancelled at its caller's wish before anything was sent",
      outcomes: [{ outcome: "not_executed" }, { outcome: "not_executed" }],
    };
    const before = [taken, allowed, admitted];
    for (const count of [0, 1, 2, 3]) {
      assert.deepEqual(appended(two, [...before.slice(0, count), wish]), { case: "ended", value: end });
    }
    for (const log of [[signing(two)], [signing(two), signed(two)], [signed(two)]]) {
      const events = [...before, ...log, wish];
      const settling = told(two, events, { view: calm });
      const { value } = settling.at(-1) as { value: { userVisibleError: string; outcomes: { outcome: string }[] } };
      const until = "steps 1, 2 of 2 may still execute until 1970-01-01T00:21:40Z; do not repeat before";
      assert.equal(value.userVisibleError, `${end.userVisibleError}; ${until}`);
      assert.deepEqual(
        value.outcomes.map(({ outcome }) => outcome),
        ["still_possible", "still_possible"],
      );
      // Nobody has seen them: the operator does not pay for their end.
      const read = new Map([0, 1].map((step) => [step, { used: false, timeMs: 1_001_000 }]));
      assert.deepEqual(act(two, settling, { nonceUse: read, view: calm }), { kind: "wait" });
      const late = { finalMs: deadlineMs + 1 };
      assert.deepEqual(act(two, settling, late), { kind: "read_nonces", steps: [0, 1] });
      const dead = new Map([0, 1].map((step) => [step, { used: false, timeMs: deadlineMs + 1 }]));
      assert.deepEqual(appended(two, settling, { ...late, nonceUse: dead }), { case: "ended", value: end });
    }
  });

  it("says that it failed, and what took effect, where somebody carried what was never submitted", () => {
    const settling = told(two, [taken, allowed, admitted, signed(two), wish], { view: calm });
    const use = new Map([
      [0, { used: true, timeMs: 1_002_000 }],
      [1, { used: false, timeMs: deadlineMs + 1 }],
    ]);
    const { value } = appended(two, [...settling, measured], { finalMs: deadlineMs + 1, nonceUse: use });
    const { status, outcomes } = value as { status: string; outcomes: { outcome: string }[] };
    assert.equal(status, "failed");
    assert.deepEqual(
      outcomes.map(({ outcome }) => outcome),
      ["succeeded_elsewhere", "not_executed"],
    );
  });

  it("is not resumed any more, leaves the gate to others, and has its payloads cancelled", () => {
    const events = [...pending(two), wish];
    assert.deepEqual(gateProgress(workflow(two, events), world({ settings })), { kind: "gone" });
    const settling = told(two, events, { view: calm, turn: true });
    assert.deepEqual(act(two, settling, { view: calm, turn: true }), { kind: "cancel", steps: [0, 1] });
    const { value } = appended(two, [...settling, prepared("c", 0, 1), landed("c", 0, 1), measured], { view: calm });
    assert.equal((value as { status: string }).status, "cancelled");
  });

  it("does not sign or submit anew what was lost", () => {
    const events = [taken, allowed, admitted, signed(two), submissions(0, 1), dead("s0"), wish];
    const settling = told(two, events, { view: calm });
    assert.deepEqual(act(two, settling, { view: calm }), { kind: "cancel", steps: [0, 1] });
  });

  it("has plain calls that wait on the gate rejected, and nothing else (rule: leftovers-time-out)", () => {
    const settling = told(mixed, [...pending(mixed), wish], { view: calm });
    const events = [...settling, prepared("c", 0), landed("c", 0)];
    const again = told(mixed, events, { view: calm });
    assert.deepEqual(act(mixed, again, { view: calm }), { kind: "reject", intentId: "41" });
    const closed: EventInit = { case: "intentClosed", value: { step: 1, reason: "rejected", blockHeight: 1020n } };
    const { value } = appended(mixed, [...again, closed, measured], { view: calm });
    assert.deepEqual(value, {
      status: "cancelled",
      errorCode: "cancelled",
      userVisibleError: "it was cancelled at its caller's wish",
      outcomes: [{ outcome: "not_executed" }, { outcome: "not_executed", error: "rejected" }],
    });
  });

  it("does not end before it knows what became of its rejects, whose fees belong to the record", () => {
    const reject = singly(1, "reject");
    const events = [...pending(plains), wish, singly(0, "reject"), reject];
    const closed = (step: number): EventInit => ({
      case: "intentClosed",
      value: { step, reason: "rejected", blockHeight: 1020n },
    });
    // Sent long ago, and the node that was asked knows nothing of it.
    const view = {
      ...calm,
      resumes: new Map([["r1", undefined]]),
      lookedAt: lookedAt(1100, "r1"),
      sentAt: new Map([["r1", { first: 1010, last: 1099 }]]),
      provenAt: new Map([["r1", 1099]]),
    };
    const over = [...events, closed(0), closed(1), started(1018, "r0")];
    assert.equal(act(plains, over, { head: 1100, view }).kind, "wait");
    const later = { ...view, lookedAt: lookedAt(1109, "r1") };
    assert.deepEqual(act(plains, over, { head: 1109, view: later }), { kind: "prove_dead", hash: "r1" });
    const known = [...over, started(1019, "r1")];
    assert.equal(act(plains, known, { head: 1109, view: later }).kind, "measure");
  });

  it("makes a resume impossible that is not seen to land, and rejects nothing that it names before (rule: abandoned-resume-is-burnt)", () => {
    const events = [...pending(plain), resumed(), wish];
    assert.deepEqual(act(plain, events), { kind: "look", submissions: [], resumes: ["resume"] });
    const view = {
      resumes: new Map([["resume", undefined]]),
      lookedAt: lookedAt(1005, "resume"),
      sentAt: new Map([["resume", { first: 1003, last: 1003 }]]),
    };
    assert.deepEqual(act(plain, events, { view }), { kind: "burn_nonce", hash: "resume" });
    const burnt = { ...view, burntAt: new Map([["resume", 1005]]) };
    assert.equal(act(plain, events, { view: burnt }).kind, "wait");
    const settling = told(plain, [...events, dead("resume")], { view: calm });
    assert.deepEqual(act(plain, settling, { view: calm }), { kind: "reject", intentId: "40" });
  });

  it("follows a chain that runs, and cancels the payloads whose turn is not next", () => {
    const events = [...pending(three), resumed(), started(1003), wish];
    // With the resume in block 1003 the targets run in 1005, 1008 and 1011; a cancel sent at 1005 runs by 1009.
    assert.deepEqual(act(three, events, { head: 1005 }), { kind: "cancel", steps: [2] });
    const tried = act(three, events, { head: 1010, view: { cancelTriedAt: 1005 } });
    assert.deepEqual(tried, { kind: "look", submissions: ["s0", "s1"], resumes: [], isAwaited: true });
    const all = [...events, resolved(0), resolved(1), resolved(2), measured];
    assert.deepEqual(appended(three, all, { head: 1020 }), { case: "ended", value: { status: "succeeded" } });
  });

  it("stays failed where it had failed before", () => {
    const settling = told(three, [...half, wish], { view: calm });
    const { value } = appended(three, [...settling, prepared("c", 1), landed("c", 1), measured], { view: calm });
    const { status, errorCode } = value as { status: string; errorCode: string };
    assert.deepEqual([status, errorCode], ["failed", "dispatch_failed"]);
  });
});
