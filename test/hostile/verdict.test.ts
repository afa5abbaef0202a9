import assert from "node:assert/strict";
import { isGrpcFailure, isHttpFailure } from "./answer-code.ts";
import type { Attack } from "./attack.ts";
import type { Honest } from "./honest-load.ts";
import type { Reading, Readings } from "./measure/probes.ts";
import { count, emptyTally, note, type Tally, tallyOf } from "./tally.ts";
import { faultsOf, type Measured, maxGrowthBytes, maxStallMs, percentile } from "./verdict.ts";

const attack: Attack = { name: "any", tries: "tries", everyMs: 1, refusals: ["401", "reset"], async round() {} };

const reading = (liveBytes: number): Reading => ({
  pid: 1,
  stallMs: 0,
  busyMs: 0,
  usedMs: 0,
  liveBytes,
  rssBytes: liveBytes,
});
const readings = (bytes: number): Readings => ({
  gateway: reading(bytes),
  planner: reading(bytes),
  "signer-proxy": reading(bytes),
  broadcaster: reading(bytes),
  evidence: reading(bytes),
});

const honest = (ms: number, status = "succeeded"): Honest => {
  return {
    walletId: "honest-1",
    requestId: "r",
    begunAtMs: 0,
    ms,
    status,
    amount: 1n,
    error: status === "succeeded" ? null : "why",
  };
};

function madeOnce(code = "401"): Tally {
  const tally = emptyTally();
  tallyOf(tally, "any").rounds = 1;
  count(tally, "any", code);
  return tally;
}

const good: Measured = {
  tally: madeOnce(),
  attacks: [attack],
  ended: [],
  stalls: [{ name: "body", service: "evidence", ms: maxStallMs }],
  memoryBefore: readings(1_000),
  memoryAfter: readings(1_000 + maxGrowthBytes),
  quiet: [honest(100)],
  beside: [honest(150)],
  bypasses: [],
  secretsInLogs: [],
  exitCodes: { gateway: 0 },
};

const found = (change: Partial<Measured>) => faultsOf({ ...good, ...change }, { slowdown: 1.5 });
const faults = (change: Partial<Measured>) => found(change).map(({ what }) => what);

function withIncident(kind: "failures" | "letThrough" | "leaks" | "broken"): Tally {
  const tally = madeOnce();
  note(tally, kind, { attack: "any", what: "what" });
  return tally;
}

describe("the verdict on a hostile run", () => {
  it("finds nothing where everything is within its bounds", () => {
    assert.deepEqual(faults({}), []);
  });

  const rows: readonly [name: string, change: Partial<Measured>, fault: RegExp][] = [
    ["a process ended", { ended: [{ name: "planner", code: 134, problems: "heap" }] }, /planner ended with 134/],
    ["one had to be killed in the end", { exitCodes: { gateway: 1 } }, /gateway did not stop/],
    ["a service failed", { tally: withIncident("failures") }, /a service failed under any: what/],
    ["an attack got through", { tally: withIncident("letThrough") }, /let through: any: what/],
    ["another wallet's data was shown", { tally: withIncident("leaks") }, /another wallet's data: any: what/],
    ["the harness itself failed", { tally: withIncident("broken") }, /the harness failed/],
    ["an attack was not made", { tally: emptyTally() }, /any was not made/],
    ["an answer is no refusal", { tally: madeOnce("200") }, /any was answered with 200, 1 times/],
    ["a policy was bypassed", { bypasses: ["how"] }, /bypassed: how/],
    ["a log holds a secret", { secretsInLogs: ["line"] }, /a log holds a secret/],
    [
      "a request held up a loop",
      { stalls: [{ name: "body", service: "evidence", ms: maxStallMs + 1 }] },
      /body held up evidence for 51 ms/,
    ],
    ["memory grew", { memoryAfter: readings(1_001 + maxGrowthBytes) }, /holds 24\.0 MB more/],
    [
      "a process said nothing of its memory",
      { memoryAfter: { ...readings(1), planner: undefined } },
      /planner did not/,
    ],
    ["an honest workflow failed", { beside: [honest(100), honest(100, "failed")] }, /honest-1 r: failed, why/],
    ["honest wallets are slower", { beside: [honest(151)] }, /1\.51 times the quiet one/],
    ["there was no honest workflow beside the hostile ones", { beside: [] }, /honest p95 is NaN/],
  ];
  for (const [name, change, fault] of rows) {
    it(`says so where ${name}`, () => {
      const found = faults(change);
      assert.ok(found.length > 0);
      for (const one of found) assert.match(one, fault);
    });
  }

  it("can be told by nothing that a busy machine does alone, where it is not timed", () => {
    const busy: Partial<Measured> = {
      tally: madeOnce("timeout"),
      stalls: [{ name: "body", service: "evidence", ms: 900 }],
      memoryAfter: readings(1_001 + maxGrowthBytes),
      beside: [honest(9_000), honest(60_000, "failed"), honest(120_000, "unended")],
    };
    assert.deepEqual(
      found(busy).filter(({ byTiming }) => !byTiming),
      [],
    );
    assert.equal(found(busy).length, 10);
    assert.deepEqual(
      found({ tally: madeOnce("408") }).map(({ byTiming }) => byTiming),
      [true],
    );
  });

  it("is told by all else, timed or not", () => {
    const certain: readonly Partial<Measured>[] = [
      { ended: [{ name: "gateway", code: 1, problems: "out of memory" }] },
      { tally: withIncident("failures") },
      { tally: withIncident("leaks") },
      { tally: withIncident("letThrough") },
      { tally: emptyTally() },
      { tally: madeOnce("200") },
      { bypasses: ["how"] },
      { secretsInLogs: ["line"] },
    ];
    for (const change of certain) {
      assert.deepEqual(
        found(change).map(({ byTiming }) => byTiming),
        [false],
      );
    }
  });

  it("takes the value that no more than a twentieth exceed", () => {
    const values = Array.from({ length: 100 }, (_, index) => index + 1);
    assert.deepEqual([percentile(values, 0.5), percentile(values, 0.95), percentile([7], 0.95)], [50, 95, 7]);
  });

  it("forgives a service nothing but a 503 that says when to come again", () => {
    assert.deepEqual([isHttpFailure(503, "2"), isHttpFailure(429, undefined)], [false, false]);
    assert.deepEqual(
      [isHttpFailure(503, undefined), isHttpFailure(500, "2"), isHttpFailure(501, undefined), isHttpFailure(504, "2")],
      [true, true, true, true],
    );
    assert.deepEqual(
      [isGrpcFailure("14", true), isGrpcFailure("8", false), isGrpcFailure("1", false)],
      [false, false, false],
    );
    assert.deepEqual(
      ["2", "13", "15", "14"].map((status) => isGrpcFailure(status, false)),
      [true, true, true, true],
    );
  });
});
