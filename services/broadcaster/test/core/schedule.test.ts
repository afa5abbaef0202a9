import assert from "node:assert/strict";
import fc from "fast-check";
import { groundOf, type LandingFacts } from "../../src/core/chain/landing.ts";
import { checkBalance, needsOf, type Purse, resumeGasFor } from "../../src/core/gate/money.ts";
import {
  chainBlocks,
  expectedStarts,
  type LaneEntry,
  laneFreeAt,
  mayAdmit,
  whoseTurn,
} from "../../src/core/gate/schedule.ts";
import { judgeTail, watchTail } from "../../src/core/gate/tail.ts";
import { checkApprover, checkFee, checkRelayer, feeOf } from "../../src/core/gate/terms.ts";
import type { GateProgress } from "../../src/core/workflow/gate-progress.ts";

const entry = (requestId: string, progress: GateProgress, calls = 3): LaneEntry => ({ requestId, calls, progress });
const running = (started: number): GateProgress => ({ kind: "running", started });

describe("the gate's schedule", () => {
  it("keeps the tail for 3(n-1)+1 blocks", () => {
    assert.deepEqual([1, 2, 3, 12].map(chainBlocks), [1, 4, 7, 34]);
  });

  it("gives the turn to the first that is ready, once all before it are through", () => {
    assert.equal(whoseTurn([]), undefined);
    assert.equal(whoseTurn([entry("a", { kind: "ready" }), entry("b", { kind: "ready" })]), "a");
    assert.equal(whoseTurn([entry("a", { kind: "clear" }), entry("b", { kind: "ready" })]), "b");
    assert.equal(whoseTurn([entry("a", { kind: "gone" }), entry("b", { kind: "ready" })]), "b");
    assert.equal(whoseTurn([entry("a", { kind: "lost" }), entry("b", { kind: "ready" })]), "b");
    for (const kind of ["preparing", "resuming"] as const) {
      assert.equal(whoseTurn([entry("a", { kind }), entry("b", { kind: "ready" })]), undefined);
    }
    assert.equal(whoseTurn([entry("a", running(5)), entry("b", { kind: "ready" })]), undefined);
  });

  it("the next chain starts 3(n-1)+1 blocks after the one before it (rule: resume-runs-on-an-empty-tail)", () => {
    assert.equal(laneFreeAt([entry("a", running(100), 3)], 101), 107);
    assert.equal(laneFreeAt([entry("a", running(100), 3)], 106), 108);
    assert.equal(laneFreeAt([entry("a", { kind: "clear" }, 1)], 100), 102);
    assert.deepEqual(expectedStarts([entry("a", running(100), 12)], [3, 1, 3], 101), [134, 141, 142]);
  });

  it("takes the next in only when its turn is near enough that it cannot time out", () => {
    assert.equal(mayAdmit([], 100), true);
    assert.equal(mayAdmit([entry("a", running(100), 12)], 101), false);
    assert.equal(mayAdmit([entry("a", running(100), 12)], 124), true);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.constantFrom("ready", "preparing", "clear", "gone")), {
          maxLength: 12,
        }),
        fc.integer({ min: 1, max: 12 }),
        (lane, calls) => {
          const entries = lane.map(([calls, kind], index) => entry(String(index), { kind } as GateProgress, calls));
          if (!mayAdmit(entries, 1000)) return;
          const start = Math.max(laneFreeAt(entries, 1000), 1005);
          // The last member's dispatch stays far below the timeout of an intent that is submitted now.
          assert.ok(start + 3 * calls < 1000 + 200);
        },
      ),
    );
  });
});

describe("judging the gate", () => {
  const agreed = { relayerId: "r.near", approverId: "a.near", firstTierFeeYocto: 30n, maxFeeYocto: 60n };
  const terms = {
    approverId: "a.near",
    isRelayer: true,
    feeTiers: [
      { cap: 3, feeYocto: 30n },
      { cap: 6, feeYocto: 50n },
      { cap: 12, feeYocto: 60n },
    ],
  };

  it("attaches the tier's fee, never above the limit (rule: fee-is-the-agreed-tier)", () => {
    assert.deepEqual(
      [1, 3, 4, 6, 12, 13].map((calls) => feeOf(terms, calls)),
      [30n, 30n, 50n, 50n, 60n, undefined],
    );
    assert.ok([1, 3, 4, 6, 12].every((calls) => checkFee(terms, agreed, calls).ok));
    const dear = { ...terms, feeTiers: [...terms.feeTiers.slice(0, 2), { cap: 12, feeYocto: 61n }] };
    assert.deepEqual(checkFee(dear, agreed, 12), {
      ok: false,
      expected: "at most 60",
      actual: "61",
      message: "the gate asks 61 yoctoNEAR for 12 calls, more than the limit of 60",
    });
  });

  it("refuses a gate on other terms, and says which (rule: blocking-checks-come-before-signing)", () => {
    assert.equal(checkRelayer(terms, agreed).ok, true);
    assert.deepEqual(checkRelayer({ ...terms, isRelayer: false }, agreed), {
      ok: false,
      expected: "whitelisted",
      actual: "not whitelisted",
      message: "the gate does not accept r.near as a relayer",
    });
    assert.equal(checkApprover(terms, agreed).ok, true);
    assert.deepEqual(checkApprover({ ...terms, approverId: "b.near" }, agreed), {
      ok: false,
      expected: "a.near",
      actual: "b.near",
      message: "the gate's approver is b.near, not a.near",
    });
    const fees = [
      [[{ cap: 3, feeYocto: 31n }], "the gate asks 31 yoctoNEAR for up to 3 calls, agreed were 30"],
      [[{ cap: 3, feeYocto: 29n }], "the gate asks 29 yoctoNEAR for up to 3 calls, agreed were 30"],
      [[], "the gate asks nothing yoctoNEAR for up to 0 calls, agreed were 30"],
      [[{ cap: 2, feeYocto: 30n }], "the gate takes at most 2 calls in one chain"],
    ] as const;
    for (const [feeTiers, message] of fees) {
      const { ok, message: said } = checkFee({ ...terms, feeTiers }, agreed, 3);
      assert.deepEqual([ok, said], [false, message]);
    }
  });

  it("tells somebody else's chain from a gate that is stuck", () => {
    const watch = watchTail(undefined, ["1", "2"], 100);
    assert.equal(judgeTail({ tail: [], pending: [] }, watchTail(watch, [], 101), 101), "free");
    assert.equal(judgeTail({ tail: ["1", "2"], pending: ["2", "1"] }, watch, 101), "gate_busy");
    assert.equal(judgeTail({ tail: ["1", "2"], pending: ["2"] }, watch, 101), "gate_stuck");
    const same = watchTail(watch, ["1", "2"], 130);
    assert.equal(judgeTail({ tail: ["1", "2"], pending: ["2", "1"] }, same, 130), "gate_stuck");
    const moved = watchTail(watch, ["2"], 130);
    assert.equal(judgeTail({ tail: ["2"], pending: ["2"] }, moved, 130), "gate_busy");
  });

  it("counts what a chain locks against the balances", () => {
    const costs = { gasPrice: 100_000_000n, submitGas: 250n * 10n ** 12n, resumeGas: 10n ** 14n };
    const needs = needsOf([0n, 1n, 0n], 30n, costs, { count: 1, of: 3 }, 5000n);
    // 0.25 NEAR each at the least price of 0.001 NEAR per Tgas, and 5 Tgas for each transaction itself.
    assert.equal(needs.relayer, 3n * 255n * 10n ** 21n);
    assert.equal(needs.approver, 30n + 105n * 10n ** 21n);
    assert.equal(needsOf([0n, 1n, 0n], 30n, costs, { count: 3, of: 1 }, 0n).approver, 3n * 30n + 105n * 10n ** 21n);
    // 10^19 yoctoNEAR for each byte of the gate's state, and 1024 bytes more for each submission.
    assert.equal(needs.gate, (5000n + 3n * 1024n) * 10n ** 19n + 1n);
    const whose: readonly (keyof Purse)[] = ["relayer", "approver", "gate"];
    for (const one of whose) {
      assert.equal(checkBalance(one, needs, needs, "a run of 3 calls").ok, true);
      const short = { ...needs, [one]: needs[one] - 1n };
      assert.deepEqual(checkBalance(one, short, needs, "a run of 3 calls"), {
        ok: false,
        expected: `at least ${needs[one]}`,
        actual: String(needs[one] - 1n),
        message: `the ${one} holds ${needs[one] - 1n} yoctoNEAR, but a run of 3 calls needs ${needs[one]}`,
      });
    }
  });

  it("resumes a longer chain with what the longest one on record was resumed with, unless more is configured", () => {
    const [least, more] = [100n, 200n].map((tgas) => tgas * 10n ** 12n) as [bigint, bigint];
    assert.deepEqual(
      [6, 7, 12].map((calls) => resumeGasFor(calls, least)),
      [least, 150n * 10n ** 12n, 150n * 10n ** 12n],
    );
    assert.equal(resumeGasFor(12, more), more);
  });
});

describe("whether a transaction can land", () => {
  const facts: LandingFacts = {
    nonce: 10n,
    blockHeight: 1000,
    validityBlocks: 100,
    finalHeight: 1050,
    keyNonce: 9n,
    block: { height: 1000, state: "final" },
  };

  it("says so on each ground, and on no other (rule: dead-needs-a-final-ground)", () => {
    assert.equal(groundOf(facts), undefined);
    assert.equal(groundOf({ ...facts, keyNonce: 11n }), "nonce_passed");
    assert.equal(groundOf({ ...facts, keyNonce: undefined }), "key_gone");
    assert.equal(groundOf({ ...facts, finalHeight: 1100 }), undefined);
    assert.equal(groundOf({ ...facts, finalHeight: 1101 }), "expired");
    assert.equal(groundOf({ ...facts, block: { height: 1000, state: "forked" } }), "forked_away");
    assert.equal(groundOf({ ...facts, finalHeight: 999, block: { height: 1000, state: "forked" } }), undefined);
    assert.equal(groundOf({ ...facts, block: undefined }), undefined);
  });

  it("a nonce equal to the transaction's means that it landed (rule: dead-needs-a-final-ground)", () => {
    assert.equal(groundOf({ ...facts, keyNonce: 10n, finalHeight: 5000 }), undefined);
  });
});
