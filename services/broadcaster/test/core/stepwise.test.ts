import assert from "node:assert/strict";
import fc from "fast-check";
import { stakeOf } from "../../src/core/gate/money.ts";
import { overflows, resumptionOf } from "../../src/core/gate/resumption.ts";
import type { EventInit } from "../../src/core/workflow/action.ts";
import { isInTime, isOver } from "../../src/core/workflow/in-time.ts";
import { next } from "../../src/core/workflow/next.ts";
import { owedBy } from "../../src/core/workflow/owed.ts";
import type { BlockPlace } from "../../src/core/workflow/world.ts";
import {
  acceptedAt,
  admittedSingly,
  allowed,
  type Kind,
  resolved,
  seen,
  seenAccepted,
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

const plain: readonly Kind[] = ["plain", "plain", "plain"];
const halting = { haltOnFailure: true };

/** Three steps that wait on the gate, of a workflow that resumes them one by one; and what happened since. */
const waiting = (events: readonly EventInit[] = [], kinds: readonly Kind[] = plain, wishes: object = halting) =>
  workflow(
    kinds,
    [taken, allowed, admittedSingly, signed(kinds), submissions(0, 1, 2), acceptedAt(1003, 0, 1, 2), ...events],
    wishes,
  );
const closed = (step: number, reason: string): EventInit => ({
  case: "intentClosed",
  value: { step, reason, blockHeight: 1010n },
});
const refused = (txHash: string, error: string): EventInit => ({ case: "resumeRefused", value: { txHash, error } });
const resolvedFirst: EventInit[] = [singly(0), started(1006, "r0"), resolved(0)];
const failedFirst: EventInit[] = [singly(0), started(1006, "r0"), resolved(0, "Smart contract panicked: no")];

/** Blocks of a chain on which a step's dispatch is `d` and its target's result `t`. */
const head = (height: number): BlockPlace => ({ height, state: "head" });
const forked = (height: number): BlockPlace => ({ height, state: "forked" });
const lookedNow = new Map(["s0", "s1", "s2", "r0", "r1", "r2"].map((hash) => [hash, 1012]));
const at1012 = (init: WorldInit = {}) => world({ head: 1012, ...init, view: { lookedAt: lookedNow, ...init.view } });

describe("how a workflow is resumed", () => {
  it("is by one chain, but for a lone call, and for one that halts at a failure", () => {
    assert.equal(resumptionOf(3, { haltOnFailure: false, stepwise: false }), "chain");
    assert.equal(resumptionOf(1, { haltOnFailure: false, stepwise: false }), "single");
    assert.equal(resumptionOf(3, { haltOnFailure: true, stepwise: false }), "single");
    assert.equal(resumptionOf(3, { haltOnFailure: false, stepwise: true }), "single");
  });

  it("overflows only where its caller and its operator allow it, and the wait is longer than that", () => {
    const wait = { waitingFor: "turn", expectedStart: 1031 } as const;
    assert.equal(overflows({ anyOrdering: true }, wait, 1000, 30), true);
    assert.equal(overflows({ anyOrdering: true }, wait, 1000, 31), false);
    assert.equal(overflows({ anyOrdering: false }, wait, 1000, 30), false);
    assert.equal(overflows({ anyOrdering: true }, wait, 1000, undefined), false);
    const stuck = { waitingFor: "gate_stuck", expectedStart: undefined } as const;
    assert.equal(overflows({ anyOrdering: true }, stuck, 1000, 30), true);
    assert.equal(overflows({ anyOrdering: true }, { ...stuck, waitingFor: "gate_busy" }, 1000, 30), false);
  });
});

describe("a workflow that halts at a failure", () => {
  it("resumes its first step without waiting for a turn, and names the block of its id", () => {
    assert.deepEqual(next(waiting(), world({ turn: false })), {
      kind: "resume_step",
      step: 0,
      block: { hash: "a0", height: 1003 },
    });
  });

  it("submits every step before it resumes any", () => {
    const state = workflow(
      plain,
      [taken, allowed, admittedSingly, signed(plain), submissions(0, 1, 2), acceptedAt(1003, 0, 1)],
      halting,
    );
    assert.equal(next(state, world()).kind, "look");
    assert.equal(next(state, world({ view: { lookedAt: new Map([["s2", 1005]]) } })).kind, "wait");
  });

  it("has one resume open at a time, and pursues it", () => {
    const action = next(waiting([singly(0)]), at1012({ view: { lookedAt: new Map() } }));
    assert.deepEqual(action, { kind: "look", submissions: [], resumes: ["r0"] });
    assert.equal(next(waiting([singly(0)]), at1012()).kind, "wait");
  });

  it("resumes the next step once the one before has succeeded, with the block in which that was seen", () => {
    const state = waiting([singly(0), started(1006, "r0")]);
    const blocks = { d: head(1007), t: head(1008) };
    const view = { submissions: new Map([["s0", seenDispatched()]]) };
    assert.deepEqual(next(state, at1012({ blocks, view })), {
      kind: "resume_step",
      step: 1,
      block: { hash: "t", height: 1008 },
    });
    assert.deepEqual(
      next(waiting(resolvedFirst), at1012()),
      { kind: "resume_step", step: 1, block: { hash: "a1", height: 1003 } },
      "what is final is so on every fork",
    );
  });

  it("names the latest block of all that it depends on", () => {
    const state = waiting([singly(0), started(1006, "r0"), singly(1), started(1009, "r1")]);
    const own = { ...seenDispatched(), dispatch: { blockHash: "d", target: undefined } };
    const second = seenDispatched();
    const target = second.dispatch?.target;
    if (target !== undefined) Object.assign(target, { blockHash: "t1", result: { kind: "success", blockHash: "t1" } });
    const blocks = { d: head(1007), t: head(1008), t1: head(1011) };
    const view = {
      submissions: new Map([
        ["s0", seenDispatched()],
        ["s1", second],
      ]),
    };
    assert.deepEqual(next(state, at1012({ blocks, view })), {
      kind: "resume_step",
      step: 2,
      block: { hash: "t1", height: 1011 },
    });
    const pending = {
      submissions: new Map([
        ["s0", seenDispatched()],
        ["s1", own],
      ]),
    };
    assert.equal(next(state, at1012({ blocks, view: pending })).kind, "wait");
  });

  const unseen: readonly (readonly [what: string, view: object, blocks: Readonly<Record<string, BlockPlace>>])[] = [
    ["was not dispatched yet", seenAccepted(), {}],
    [
      "was dispatched, and its target has not run",
      { ...seenDispatched(), dispatch: { blockHash: "d" } },
      { d: head(1007) },
    ],
    ["succeeded on a fork that lost", seenDispatched(), { d: head(1007), t: forked(1008) }],
    ["was dispatched on a fork that lost", seenDispatched(), { d: forked(1007), t: forked(1008) }],
    ["failed, be it not final yet", seenDispatched("no"), { d: head(1007), t: head(1008) }],
    ["timed out", seen({ ...seenAccepted(), closed: { blockHash: "c", reason: "timeout" } }), { c: head(1010) }],
  ];
  for (const [what, view, blocks] of unseen) {
    it(`does not resume the next step while the one before ${what}`, () => {
      const state = waiting([singly(0), started(1006, "r0")]);
      const submissions = new Map([["s0", view as never]]);
      const { kind } = next(state, at1012({ blocks, view: { submissions, lookedAt: lookedNow } }));
      assert.equal(kind, "wait");
    });
  }

  it("never resumes a step whose resume has run, be its dispatch seen or not", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1006, max: 1190 }), (height) => {
        const action = next(waiting([singly(0), started(1006, "r0")]), world({ head: height }));
        assert.ok(action.kind === "look" || action.kind === "wait", action.kind);
      }),
    );
  });

  it("resumes a step anew only when its resume is dead (rule: signed-anew-only-when-dead)", () => {
    const dead: EventInit = { case: "transactionDead", value: { txHash: "r0", ground: "nonce_passed" } };
    assert.deepEqual(next(waiting([singly(0), dead]), at1012()), {
      kind: "resume_step",
      step: 0,
      block: { hash: "a0", height: 1003 },
    });
  });

  it("makes a resume impossible whose step would time out (rule: abandoned-resume-is-burnt)", () => {
    const view = {
      resumes: new Map([["r0", undefined]]),
      lookedAt: new Map([["r0", 1197]]),
      sentAt: new Map([["r0", { first: 1006, last: 1006 }]]),
    };
    assert.deepEqual(next(waiting([singly(0)]), world({ head: 1197, view })), { kind: "burn_nonce", hash: "r0" });
  });

  for (const error of ["unknown intent_id", "resume failed (not found or expired)"]) {
    it(`reads the intent's own receipts after "${error}" (rule: missing-intent-is-looked-up)`, () => {
      const state = waiting([singly(0), refused("r0", `Smart contract panicked: ${error}`)]);
      const action = next(state, at1012({ view: { lookedAt: new Map([["s0", 1011]]) } }));
      assert.deepEqual(action, { kind: "look", submissions: ["s0"], resumes: [] });
      assert.equal(next(state, at1012()).kind, "wait");
      const blocks = { d: head(1007), t: head(1008) };
      const view = { submissions: new Map([["s0", seenDispatched()]]) };
      assert.equal(next(state, at1012({ blocks, view })).kind, "resume_step", "somebody else dispatched it");
    });
  }

  for (const [text, code] of [
    ["insufficient fee: required 40 yocto for batch of 1, got 30", "fee_mismatch"],
    ["only approver can resume", "approver_rotated"],
  ] as const) {
    it(`ends the attempt on "${text}", as ${code}`, () => {
      const action = next(waiting([...resolvedFirst, singly(1), refused("r1", text)]), at1012());
      assert.equal(action.kind, "append");
      const { event } = action as Extract<typeof action, { kind: "append" }>;
      assert.equal(event.case, "settling");
      const { errorCode, userVisibleError } = event.value as { errorCode: string; userVisibleError: string };
      assert.equal(errorCode, code);
      assert.match(userVisibleError, /^the gate refused to resume step 2 of 3: /);
    });
  }

  it("is over when a step failed and that is final, and rejects the rest one by one", () => {
    const state = waiting(failedFirst);
    assert.equal(isOver(state, 1012), true);
    const told = next(state, at1012());
    const { event } = told as Extract<typeof told, { kind: "append" }>;
    const value = event.value as { errorCode: string; outcomes: { outcome: string }[] };
    assert.equal(value.errorCode, "dispatch_failed");
    assert.deepEqual(
      value.outcomes.map(({ outcome }) => outcome),
      ["failed_on_chain", "still_possible", "still_possible"],
    );
    const settling = [...failedFirst, event];
    assert.deepEqual(next(waiting(settling), at1012()), { kind: "reject", intentId: "41" });
    const one = [...settling, singly(1, "reject")];
    assert.deepEqual(next(waiting(one), at1012()), { kind: "reject", intentId: "42" });
    const both = [...one, singly(2, "reject")];
    assert.equal(next(waiting(both), at1012()).kind, "wait");
    const lost = { resumes: new Map([["r1", undefined]]), sentAt: new Map([["r1", { first: 1008, last: 1008 }]]) };
    assert.deepEqual(next(waiting(both), at1012({ view: lost })), { kind: "resend", hashes: ["r1"] });
    const landed = [...both, started(1014, "r1"), started(1014, "r2")];
    assert.deepEqual(next(waiting(landed), at1012({ head: 1015 })), {
      kind: "look",
      submissions: ["s1", "s2"],
      resumes: [],
    });
    const rejectedAll = [...landed, closed(1, "rejected"), closed(2, "rejected")];
    assert.equal(next(waiting(rejectedAll), at1012({ head: 1018 })).kind, "measure");
    const ended = next(waiting([...rejectedAll, { case: "measured", value: {} }]), at1012({ head: 1018 }));
    const { event: end } = ended as Extract<typeof ended, { kind: "append" }>;
    const { status, outcomes } = end.value as { status: string; outcomes: { outcome: string }[] };
    assert.equal(status, "failed");
    assert.deepEqual(
      outcomes.map(({ outcome }) => outcome),
      ["failed_on_chain", "not_executed", "not_executed"],
    );
  });

  it("rejects nothing that a resume names which could still land, and nothing that would time out anyway (rule: leftovers-time-out)", () => {
    const told: EventInit = { case: "settling", value: { outcomes: [], errorCode: "x", userVisibleError: "x" } };
    const state = waiting([...failedFirst, told, singly(1)]);
    const rejects = (height: number) => {
      const first = next(
        state,
        world({ head: height, finalHeight: height, view: { lookedAt: new Map([["r1", height]]) } }),
      );
      const { event } = first as Extract<typeof first, { kind: "append" }>;
      const again = waiting([...failedFirst, told, singly(1), event]);
      return next(again, world({ head: height, view: { lookedAt: new Map([["r1", height]]) } }));
    };
    assert.deepEqual(rejects(1012), { kind: "reject", intentId: "42" });
    assert.notEqual(rejects(1198).kind, "reject");
  });

  it("ends the attempt when a step can be resumed in time no more, but not while one is under way", () => {
    assert.equal(isOver(waiting(resolvedFirst), 1195), false);
    assert.equal(isOver(waiting(resolvedFirst), 1196), true);
    assert.equal(isOver(waiting([singly(0), started(1006, "r0")]), 1196), false);
    assert.equal(isOver(waiting([...resolvedFirst, singly(1)]), 1196), false);
  });

  it("has room for twelve steps in the life of an intent, be each of them twice as slow as usual", () => {
    const twelve = Array<Kind>(12).fill("plain");
    const steps = [...twelve.keys()];
    const events = [taken, allowed, admittedSingly, signed(twelve), submissions(...steps), acceptedAt(1003, ...steps)];
    const last = workflow(twelve, events, halting).steps.at(-1);
    assert.ok(last !== undefined && isInTime(last, 1003 + 2 + 11 * 14));
  });

  it("goes on with a step whose id a fork took away only under its new id", () => {
    const withdrawn: EventInit = { case: "idsWithdrawn", value: { steps: [1] } };
    const state = waiting([...resolvedFirst, withdrawn]);
    assert.deepEqual(next(state, at1012({ view: { lookedAt: new Map() } })), {
      kind: "look",
      submissions: ["s1"],
      resumes: [],
    });
    const again = { ...acceptedAt(1011, 1) };
    assert.deepEqual(next(waiting([...resolvedFirst, withdrawn, again]), at1012()), {
      kind: "resume_step",
      step: 1,
      block: { hash: "a1", height: 1011 },
    });
  });
});

describe("a workflow that overflowed", () => {
  const goesOn = (events: readonly EventInit[]) => waiting(events, plain, { anyOrdering: true });

  it("goes on after a step that failed, in order", () => {
    assert.equal(isOver(goesOn(failedFirst), 1012), false);
    assert.deepEqual(next(goesOn(failedFirst), at1012()), {
      kind: "resume_step",
      step: 1,
      block: { hash: "a1", height: 1003 },
    });
    const blocks = { d: head(1007), t: head(1008) };
    const view = { submissions: new Map([["s0", seenDispatched("no")]]) };
    assert.deepEqual(next(goesOn([singly(0), started(1006, "r0")]), at1012({ blocks, view })), {
      kind: "resume_step",
      step: 1,
      block: { hash: "t", height: 1008 },
    });
  });

  it("leaves what it could not resume to time out", () => {
    const told: EventInit = { case: "settling", value: { outcomes: [], errorCode: "x", userVisibleError: "x" } };
    const first = next(goesOn([...failedFirst, told]), at1012());
    const { event } = first as Extract<typeof first, { kind: "append" }>;
    assert.notEqual(next(goesOn([...failedFirst, told, event]), at1012()).kind, "reject");
  });
});

describe("what an admitted workflow still owes", () => {
  const costs = { gasPrice: 0n, submitGas: 245n * 10n ** 12n, resumeGas: 95n * 10n ** 12n };
  const quarter = 250n * 10n ** 21n;
  const tenth = 100n * 10n ** 21n;

  it("is what its submissions and resumes will take, until they have", () => {
    const fresh = workflow(plain, [taken, allowed, admittedSingly], halting);
    assert.deepEqual(owedBy(fresh, costs), { relayer: 3n * quarter, approver: 3n * 30n + tenth, gate: stakeOf(3) });
    assert.deepEqual(owedBy(waiting(), costs), { relayer: 0n, approver: 3n * 30n + tenth, gate: 0n });
    assert.deepEqual(owedBy(waiting(resolvedFirst), costs)?.approver, 2n * 30n + tenth);
    assert.equal(owedBy(waiting([...resolvedFirst, resolved(1), resolved(2)]), costs), undefined);
    assert.equal(owedBy(workflow(plain, [taken, allowed]), costs), undefined);
  });
});
