import assert from "node:assert/strict";
import type { EventInit } from "../../src/core/workflow/action.ts";
import { gateProgress } from "../../src/core/workflow/gate-progress.ts";
import { next } from "../../src/core/workflow/next.ts";
import { unmovedSteps } from "../../src/core/workflow/usage.ts";
import { act, appended, one, plain, three } from "./driver-actions.ts";
import {
  acceptedAt,
  admitted,
  allowed,
  deadlineMs,
  pending,
  resolved,
  resumed,
  signed,
  started,
  submissions,
  taken,
  transaction,
  type WorldInit,
  workflow,
  world,
} from "./workflow-builder.ts";

const lost = (txHash: string): EventInit => ({ case: "transactionForgotten", value: { txHash } });
const measured: EventInit = { case: "measured", value: {} };
const late = 300_000;
const forgotten = (...hashes: readonly string[]) => ({ view: { forgotten: new Set(hashes) } });
/** Long after: the deadline is over and this is known of the nonces. */
const after = (...used: readonly (boolean | "may be forgotten")[]): WorldInit => ({
  head: late,
  finalMs: deadlineMs + 1,
  nonceUse: new Map(
    used.map((use, step) => [
      step,
      { used: use === true, timeMs: deadlineMs + 1, mayBeForgotten: use === "may be forgotten" },
    ]),
  ),
});

/** The end of a workflow of these kinds after these events. */
function endOf(kinds: typeof three, events: readonly EventInit[], init: WorldInit) {
  const event = appended(kinds, [...events, measured], init);
  assert.ok(event.case === "ended", event.case);
  return event.value;
}
const outcomesOf = ({ outcomes = [] }: { readonly outcomes?: readonly { readonly outcome?: string }[] }) =>
  outcomes.map(({ outcome }) => outcome);

describe("what no node remembers (rule: forgotten-is-never-unknown)", () => {
  const running = [...pending(three), resumed(), started(1005)];

  it("is recorded of what the log waits for, and of nothing else", () => {
    const event = appended(three, running, { head: late, ...forgotten("s1") });
    assert.deepEqual(event, { case: "transactionForgotten", value: { txHash: "s1" } });
    const known = act(three, [...pending(three), resolved(0)], { head: late, ...forgotten("s0") });
    assert.notEqual(known.kind === "append" && known.event.case, "transactionForgotten");
    const again = act(three, [...running, lost("s1")], { head: late, ...forgotten("s1") });
    assert.notEqual(again.kind === "append" && again.event.case, "transactionForgotten");
  });

  it("ends a chain that was started, instead of having it run for good", () => {
    const events = [...running, lost("s0"), lost("s1"), lost("s2")];
    assert.deepEqual(gateProgress(workflow(three, events), world({ head: late })), { kind: "gone" });
    const end = endOf(three, events, after(false, false, false));
    assert.deepEqual([end.status, end.errorCode], ["failed", "outcome_unknown"]);
  });

  it("is decided by the payloads' nonces where the verifier still keeps them", () => {
    const events = [...running, lost("s0"), lost("s1"), lost("s2")];
    assert.deepEqual(act(three, events, { head: late, finalMs: deadlineMs + 1, view: { noncesReadAt: 1 } }), {
      kind: "read_nonces",
      steps: [0, 1, 2],
    });
    const end = endOf(three, events, after(true, false, true));
    assert.deepEqual(outcomesOf(end), ["succeeded_elsewhere", "not_executed", "succeeded_elsewhere"]);
    assert.match(end.userVisibleError ?? "", /steps 1, 3 of 3 took effect all the same: do not repeat it$/);
  });

  it("is unknowable of a withdrawal whose nonce was used: what was given back is forgotten as well", () => {
    const events = [...pending(one), resumed(), started(1005), lost("s0"), measured];
    const { calls, ...state } = workflow(one, events);
    const withdrawal = { case: "intents", value: { intentsJson: '[{"intent":"ft_withdraw"}]' } };
    const withdrawing = calls.map((call) => ({ ...call, payload: withdrawal }) as typeof call);
    const action = next({ ...state, calls: withdrawing }, world(after(true)));
    assert.ok(action.kind === "append" && action.event.case === "ended");
    assert.deepEqual(outcomesOf(action.event.value), ["unknowable"]);
    assert.equal(action.event.value.errorCode, "outcome_unknown");
  });

  it("is unknowable, and never not_executed, where a nonce reads as unused and may have been cleaned up (rule: unused-nonce-counts-while-kept)", () => {
    const end = endOf(one, [...pending(one), resumed(), started(1005), lost("s0")], after("may be forgotten"));
    assert.deepEqual(outcomesOf(end), ["unknowable"]);
    assert.deepEqual([end.status, end.errorCode], ["failed", "outcome_unknown"]);
    assert.match(end.userVisibleError ?? "", /the call may have been executed, and nobody can tell any more$/);
  });

  it("is unknowable of a step that failed on chain too: somebody else may have carried its payload after that", () => {
    const end = endOf(one, [...pending(one), resumed(), started(1005), resolved(0, "no")], after("may be forgotten"));
    assert.deepEqual(outcomesOf(end), ["unknowable"]);
    assert.equal(end.errorCode, "outcome_unknown");
  });

  it("is unknowable of a plain call, whether the gate is known to have taken it in or not", () => {
    const accepted = [...pending(plain), resumed(), started(1005), lost("s0")];
    const unseen = [taken, allowed, admitted, signed(plain), submissions(0), lost("s0")];
    for (const events of [accepted, unseen]) {
      assert.deepEqual(outcomesOf(endOf(plain, events, after())), ["unknowable"]);
    }
  });

  it("does not have a submission made anew, nor an end before its payload is over", () => {
    const events = [taken, allowed, admitted, signed(one), submissions(0), lost("s0")];
    const settling = appended(one, events, { head: late, view: { noncesReadAt: late } });
    assert.equal(settling.case, "settling");
  });

  it("leaves what others remember as it is", () => {
    const events = [...running, resolved(0), lost("s1"), resolved(2)];
    const end = endOf(three, events, after(false, "may be forgotten", false));
    assert.deepEqual(outcomesOf(end), ["succeeded", "unknowable", "succeeded"]);
  });

  it("does not take a nonce that a forgotten cancel may have used for an execution, nor for none", () => {
    const payloads = [{ step: 0, intentHash: "hash-0" }];
    const cancel = { case: "cancelPrepared", value: { transaction: transaction("c0"), payloads } } as EventInit;
    const before = [...pending(one), { case: "cancelRequested", value: {} } as const, cancel];
    const event = appended(one, before, { head: late, ...forgotten("c0") });
    assert.deepEqual(event, { case: "transactionForgotten", value: { txHash: "c0" } });
    const used = endOf(one, [...before, lost("c0"), lost("s0")], after(true));
    assert.deepEqual(outcomesOf(used), ["unknowable"]);
    const unused = endOf(one, [...before, lost("c0"), lost("s0")], after(false));
    assert.deepEqual(outcomesOf(unused), ["not_executed"]);
  });

  it("holds up the end no longer where only a resume is forgotten", () => {
    const events = [...pending(one), resumed(), acceptedAt(1003, 0)];
    const asked = { head: late, nowMs: Number.MAX_SAFE_INTEGER, ...forgotten("resume") };
    assert.deepEqual(appended(one, events, asked), { case: "transactionForgotten", value: { txHash: "resume" } });
  });

  it("keeps the wallet's usage counted", () => {
    const of = (...outcomes: string[]) =>
      unmovedSteps(
        { status: "failed", errorCode: "outcome_unknown", outcomes: outcomes.map((outcome) => ({ outcome })) },
        Math.max(outcomes.length, 1),
      );
    assert.deepEqual(of("unknowable", "not_executed"), [1]);
    assert.deepEqual(of(), []);
  });
});
