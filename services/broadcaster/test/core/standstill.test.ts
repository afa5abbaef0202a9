import assert from "node:assert/strict";
import type { Action, EventInit } from "../../src/core/workflow/action.ts";
import { next } from "../../src/core/workflow/next.ts";
import type { Logged } from "../../src/core/workflow/state.ts";
import { type Answer, beginMs, blockMs, driven, type Outside, reasonIn } from "./flapping-driver.ts";
import {
  admitted,
  allowed,
  maxBlockHeight,
  pending,
  resolved,
  seenAccepted,
  signed,
  signing,
  submissions,
  taken,
  workflow,
  world,
} from "./workflow-builder.ts";

/** Kinds of which only what comes after the first is no progress. */
const firstIsProgress = ["policyAllowed", "admitted", "submissionsAccepted", "outcomeUnknown", "settling"];

/** Times of the events that brought the workflow no further, milliseconds. */
function withoutProgress(log: readonly Logged[], begun: readonly EventInit[] = [taken, allowed]): readonly number[] {
  const had = new Set<string>(begun.map((event) => event.case));
  let foremost = Number.POSITIVE_INFINITY;
  return log.flatMap(({ atMs, event: { kind } }) => {
    const name = kind.case ?? "";
    const isAgain = had.has(name);
    had.add(name);
    if (kind.case === "waiting") {
      const position = kind.value.queue?.position ?? 0;
      if (position === 0 || position >= foremost) return [atMs];
      foremost = position;
      return [];
    }
    if (firstIsProgress.includes(name)) return isAgain ? [atMs] : [];
    return name === "signaturesDiscarded" || name === "idsWithdrawn" ? [atMs] : [];
  });
}

function mostIn100Blocks(times: readonly number[]): number {
  return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + 100 * blockMs).length));
}

describe("a log in which nothing comes of a workflow (rule: standstill-is-written-rarely)", () => {
  const pendingOne = [taken, allowed, admitted, signed(["plain"]), submissions(0)];
  let askedAt = 0;
  const cases: readonly (readonly [string, Outside])[] = [
    [
      "reasons for waiting that flap",
      { answers: ({ kind }, half) => (kind === "seek_admission" ? { waitingFor: reasonIn(half) } : undefined) },
    ],
    [
      "places in the queue that go up and down",
      {
        answers: ({ kind }, half) =>
          kind === "seek_admission" ? { waitingFor: "turn", position: 1 + ((half * 7) % 40) } : undefined,
      },
    ],
    [
      "a keystore that fails whenever it is to sign",
      {
        answers: ({ kind }) =>
          kind === "seek_admission" ? [admitted] : kind === "sign" ? { waitingFor: "keystore_unavailable" } : undefined,
      },
    ],
    [
      "everything that flaps before anything is signed",
      {
        answers: ({ kind }, half) => {
          if (kind === "seek_admission") return half % 3 === 0 ? [admitted] : { waitingFor: reasonIn(half) };
          return kind === "sign" ? { waitingFor: reasonIn(half) } : undefined;
        },
      },
    ],
    [
      "all of it, with policy asked again every minute",
      {
        answers: ({ kind }, half) => {
          if (kind === "seek_admission" && half >= askedAt + 60_000 / (blockMs / 2)) {
            askedAt = half;
            return [allowed];
          }
          if (kind === "seek_admission") return half % 3 === 0 ? [admitted] : { waitingFor: reasonIn(half) };
          return kind === "sign" ? { waitingFor: reasonIn(half) } : undefined;
        },
      },
    ],
    [
      "ids that come and go with forks",
      {
        begun: pendingOne,
        sees: (half) => ({
          finalHeight: 900,
          view: { submissions: new Map([["s0", seenAccepted()]]) },
          blocks: { a0: { height: 1003, state: half % 2 === 0 ? "head" : "forked" } },
        }),
      },
    ],
    [
      "outcomes that a node tells now so and now otherwise",
      {
        kinds: ["intents", "intents"],
        begun: [...pending(["intents", "intents"]), resolved(0, "boom"), resolved(1, "boom")],
        sees: (half) => ({
          nonceUse: new Map([[0, { used: half % 2 === 0, timeMs: beginMs }]]),
          view: { noncesReadAt: 1005 + Math.floor(half / 2) },
        }),
      },
    ],
  ];
  for (const [what, outside] of cases) {
    it(`gets at most 4 events in 100 blocks, from ${what}`, () => {
      const times = withoutProgress(driven(outside), outside.begun);
      assert.ok(times.length >= 20, `it goes on flapping: ${times.length}`);
      assert.ok(mostIn100Blocks(times) <= 4, `${mostIn100Blocks(times)} of ${times.length}`);
    });
  }

  it("gets no more from signatures that are too old at once, and ends", () => {
    const log = driven({
      sees: () => ({ finalHeight: Number(maxBlockHeight) + 200 }),
      answers: ({ kind }) =>
        kind === "seek_admission" ? [admitted] : kind === "sign" ? [signing(["plain"]), signed(["plain"])] : undefined,
    });
    assert.ok(mostIn100Blocks(withoutProgress(log)) <= 4);
    assert.equal(log.at(-1)?.event.kind.case, "ended");
    assert.equal(log.filter(({ event }) => event.kind.case === "signed").length, 4);
  });
});

describe("a workflow that has flapped", () => {
  const failingUntil =
    (until: number) =>
    (action: Action, half: number): Answer => {
      if (action.kind === "seek_admission") return [admitted];
      if (action.kind !== "sign") return undefined;
      return half < until ? { waitingFor: "keystore_unavailable" } : [signing(["plain"]), signed(["plain"])];
    };

  it("is tried again within 100 blocks once what it waited for is over", () => {
    for (const until of [1, 2, 3, 10, 150, 333, 1_000]) {
      const log = driven({ answers: failingUntil(until) });
      const signedAt = log.find(({ event }) => event.kind.case === "signed")?.atMs ?? Number.POSITIVE_INFINITY;
      assert.ok(signedAt - beginMs <= ((until + 2) / 2 + 100) * blockMs, `${until}: ${signedAt - beginMs}`);
    }
  });

  it("does not wait because of reasons that it has told, where it was never admitted", () => {
    for (const turn of [1, 5, 50, 301]) {
      const log = driven({
        answers: ({ kind }, half) =>
          kind === "seek_admission" ? (half < turn ? { waitingFor: reasonIn(half) } : [admitted]) : undefined,
      });
      const admittedAt = log.find(({ event }) => event.kind.case === "admitted")?.atMs ?? 0;
      assert.equal(admittedAt, beginMs + ((turn + 1) * blockMs) / 2);
    }
  });

  it("is tried at once where its events are from before the host's clock was set right", () => {
    const failed: EventInit = {
      case: "waiting",
      value: { queue: { waitingFor: "keystore_unavailable", position: 0 } },
    };
    const state = workflow(["plain"], [taken, allowed, admitted, failed, admitted, failed]);
    assert.deepEqual(next(state, world({ nowMs: beginMs })), { kind: "wait" });
    assert.deepEqual(next(state, world({ nowMs: beginMs - 400_000 })), { kind: "seek_admission" });
    assert.deepEqual(next(state, world({ nowMs: beginMs + 100 * blockMs })), { kind: "seek_admission" });
  });

  it("is told to be blocked, whatever blocks it, and so ends in time, where it was admitted before as well", () => {
    for (const waitingFor of ["gate_stuck", "gate_busy", "balance_low", "rpc_unavailable"] as const) {
      const log = driven({
        queueTimeoutMs: 600_000,
        othersUntil: 400,
        answers: ({ kind }, half) => {
          if (kind === "seek_admission") {
            return half === 0 ? [admitted] : half < 400 ? { waitingFor: "turn", position: 9 } : { waitingFor };
          }
          return kind === "sign" ? { waitingFor: "rpc_unavailable" } : undefined;
        },
      });
      const end = log.at(-1);
      assert.ok(end?.event.kind.case === "ended", waitingFor);
      assert.equal(end.event.kind.value.errorCode, waitingFor);
      // Blocked from half 400 on, told within 100 blocks.
      const blockedMs = end.atMs - beginMs - 200 * blockMs;
      assert.ok(blockedMs > 600_000 && blockedMs < 600_000 + 101 * blockMs, `${waitingFor}: ${blockedMs}`);
    }
  });

  it("tells that a gate's blockage is over, so that it does not count together with the next one", () => {
    const log = driven({
      answers: ({ kind }, half) =>
        kind === "seek_admission" ? { waitingFor: half % 2 === 0 ? "gate_busy" : "turn" } : undefined,
    });
    const told = log.flatMap(({ event: { kind } }) => (kind.case === "waiting" ? [kind.value] : []));
    assert.ok(told.length >= 20);
    for (const [index, { queue, blockedSinceMs }] of told.entries()) {
      assert.equal(queue?.waitingFor, index % 2 === 0 ? "gate_busy" : "turn");
      assert.equal(blockedSinceMs === undefined, index % 2 === 1);
    }
  });

  it("takes its ids from final blocks alone while forks come and go", () => {
    const log = driven({
      begun: pending(["plain"]),
      sees: (half) => ({
        view: { submissions: new Map([["s0", seenAccepted()]]) },
        blocks: { a0: { height: 1003, state: half < 9 ? (half % 2 === 0 ? "forked" : "head") : "final" } },
      }),
    });
    const told = log.map(({ event }) => event.kind.case).filter((name) => name !== "settling");
    assert.deepEqual(told.slice(0, 4), ["idsWithdrawn", "submissionsAccepted", "idsWithdrawn", "submissionsAccepted"]);
    assert.equal(told.filter((name) => name === "idsWithdrawn").length, 2);
  });
});
