import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { EventSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { Notifier } from "@outlayer/kit";
import { EvidenceUnavailable, LogMoved, StillPossible } from "../src/core/ports/evidence-log.ts";
import { RpcUnavailable } from "../src/core/ports/near-node.ts";
import type { EndedInit, EventInit } from "../src/core/workflow/action.ts";
import type { Logged } from "../src/core/workflow/state.ts";
import { LogDriver, type LogDriverDeps, type LogHandler } from "../src/shell/log/log-driver.ts";
import { UnreadLogs } from "../src/shell/log/unread-logs.ts";

interface State {
  readonly walletId: string;
  readonly version: number;
  readonly openedAtMs: number;
  readonly epoch: bigint;
  readonly ended?: true;
}

type Step = { readonly kind: "step" };
type Handler = LogHandler<State, Step>;

const settling: EventInit = { case: "settling", value: {} };
const ended: EventInit = { case: "ended", value: { status: "succeeded" } };

/**
 * A driver on a log that is in memory. Timers go off at once, and how long they were set for is in `pauses`.
 * @param steps what is done one after the other; then the log waits for what changes
 * @param begun the log as it was read before
 */
function drive(steps: readonly Handler["perform"][], own: Partial<Handler> = {}, begun?: readonly Logged[]) {
  const happened: string[] = [];
  const ends: string[] = [];
  const pauses: number[] = [];
  const held: { reading?: () => Promise<void> } = {};
  const time = { nowMs: 0, timersRun: true };
  const changes = new Notifier();
  const stopping = new AbortController();
  const idle = Promise.withResolvers<void>();
  const kinds = ["opened"];
  const unread = new UnreadLogs();
  /** Errors that appends of a kind meet, and whether the event is written all the same. */
  const faults = new Map<string, { error: Error; isWritten?: true }[]>();
  const evidence = {
    async read() {
      happened.push("read");
      await held.reading?.();
      return kinds.map((kind, index) => logged(kind, index + 1));
    },
    async append(_requestId: string, version: number, event: EventInit) {
      const fault = faults.get(event.case)?.shift();
      if (fault !== undefined && !fault.isWritten) throw fault.error;
      if (version !== kinds.length) throw new LogMoved("the log has moved");
      kinds.push(event.case);
      happened.push(event.case);
      if (fault !== undefined) throw fault.error;
      return logged(event.case, kinds.length);
    },
  };
  const noting = (level: string) => (about: { err?: Error }, text: string) => {
    if (about.err !== undefined) happened.push(`${level}: ${text}: ${about.err.name}`);
  };
  const deps = {
    evidence,
    lease: { resource: "gate:g", epoch: 7n },
    unread,
    driverId: "me",
    ports: {
      clock: { now: () => time.nowMs },
      timers: {
        after(ms: number, run: () => void) {
          pauses.push(ms);
          if (!time.timersRun) return () => {};
          const timer = setImmediate(run);
          return () => clearImmediate(timer);
        },
      },
    },
    logger: { info: noting("info"), warn: noting("warn"), error: noting("error") },
    noteEnd: ({ status }: EndedInit, seconds: number) => void ends.push(`${status} after ${seconds} s`),
  } as unknown as LogDriverDeps;
  let next = 0;
  const evolve = (state: State, { version, event: { kind } }: Logged): State => ({
    ...state,
    version,
    epoch: kind.case === "taken" ? kind.value.epoch : state.epoch,
    ...(kind.case === "ended" ? { ended: true } : {}),
  });
  const handler: Handler = {
    kind: "a log",
    changes: [changes],
    fold: (events) => events.reduce(evolve, { walletId: "w", version: 0, openedAtMs: -2_500, epoch: 0n }),
    evolve,
    read: async () => undefined,
    async decide(state) {
      if (state.ended) return { kind: "stop" };
      if (next < steps.length) return { kind: "step" };
      idle.resolve();
      return { kind: "wait" };
    },
    async perform(action, log) {
      const step = steps[next];
      next += 1;
      await step?.(action, log);
    },
    beforeEnd: async () => ended,
    written: () => {},
    letGo: () => void happened.push("let go"),
    giveUp: () => undefined,
    leave: () => void happened.push("left"),
    ...own,
  };
  const driver = new LogDriver("r", handler, deps, begun);
  return { driver, happened, ends, pauses, changes, kinds, faults, stopping, idle: idle.promise, time, held, unread };
}

function logged(kind: string, version: number): Logged {
  const value = kind === "taken" ? { epoch: 7n } : {};
  const event = create(EventSchema, { kind: { case: kind, value } as EventInit });
  return { version, atMs: 0, event };
}

const append =
  (event: EventInit): Handler["perform"] =>
  (_action, log) =>
    log.append(event);

describe("a driver of a log", () => {
  it("takes the log on before it writes anything else, and leaves once that has ended", async () => {
    const { driver, happened, ends, stopping } = drive([append(settling), append(ended)]);
    await driver.run(stopping.signal);
    assert.deepEqual(happened, ["read", "taken", "settling", "ended", "left"]);
    assert.deepEqual(ends, ["succeeded after 2.5 s"]);
  });

  it("begins with the log as it was read to find out its kind, and reads it again once that is outdated", async () => {
    const { driver, happened, kinds, stopping } = drive([append(settling), append(ended)], {}, [logged("opened", 1)]);
    await driver.run(stopping.signal);
    assert.deepEqual(happened, ["taken", "settling", "ended", "left"]);
    const outdated = drive([append(ended)], {}, [logged("opened", 1)]);
    outdated.kinds.push("cancelRequested");
    await outdated.driver.run(outdated.stopping.signal);
    assert.deepEqual(outdated.happened.filter((what) => !what.startsWith("debug")).slice(-4), [
      "read",
      "taken",
      "ended",
      "left",
    ]);
    assert.deepEqual(kinds, ["opened", "taken", "settling", "ended"]);
  });

  it("takes a log that an earlier term may have signed in before it counts as read", async () => {
    const { driver, happened, kinds, unread, stopping, idle } = drive([], {
      async read() {
        // Its append was under way as the term before ended.
        if (kinds.length === 1) kinds.push("submissionsPrepared");
        return undefined;
      },
    });
    unread.expect(["r"]);
    const running = driver.run(stopping.signal);
    await unread.allRead();
    assert.deepEqual(happened, ["read", "read", "taken"]);
    await idle;
    stopping.abort();
    await running;
  });

  it("reads the log again where an append may have happened, and writes nothing twice on what it knew", async () => {
    const { driver, happened, pauses, faults, stopping } = drive([append(settling), append(ended)]);
    faults.set("settling", [{ error: new EvidenceUnavailable("no answer"), isWritten: true }]);
    await driver.run(stopping.signal);
    assert.deepEqual(happened, ["read", "taken", "settling", "read", "ended", "left"]);
    assert.deepEqual(pauses, [200]);
  });

  it("waits for a change while NEAR does not answer, and keeps what it knows of the log", async () => {
    const asked = Promise.withResolvers<void>();
    const fail = async () => {
      asked.resolve();
      throw new RpcUnavailable("no endpoint answers");
    };
    const { driver, happened, pauses, changes, stopping } = drive([fail, append(ended)]);
    const ran = driver.run(stopping.signal);
    await asked.promise;
    await new Promise(setImmediate);
    assert.deepEqual(happened, ["read", "taken"]);
    changes.notify();
    await ran;
    assert.deepEqual(happened, ["read", "taken", "ended", "left"]);
    assert.deepEqual(pauses, []);
  });

  it("asks evidence again in peace where the usage of an end cannot be released yet", async () => {
    let asked = 0;
    const beforeEnd = async () => {
      asked += 1;
      if (asked < 3) throw new StillPossible("step 0 can still execute");
      return ended;
    };
    const test = drive([append(ended), append(ended), append(ended)], { beforeEnd });
    await test.driver.run(test.stopping.signal);
    const refused = ["warn: driving a log failed: StillPossible", "read"];
    assert.deepEqual(test.happened, ["read", "taken", ...refused, ...refused, "ended", "left"]);
    assert.deepEqual(test.pauses, [5000, 5000]);
  });

  it("writes what is to be told before an end, and that it settles in place of the end", async () => {
    const states: number[] = [];
    const beforeEnd: Handler["beforeEnd"] = async (state, _ended, tell) => {
      states.push(state.version, (await tell({ case: "signaturesDiscarded", value: {} })).version);
      return settling;
    };
    const { driver, happened, idle, stopping } = drive([append(ended)], { beforeEnd });
    const ran = driver.run(stopping.signal);
    await idle;
    assert.deepEqual(happened, ["read", "taken", "signaturesDiscarded", "settling"]);
    assert.deepEqual(states, [2, 3]);
    stopping.abort();
    await ran;
    assert.equal(happened.includes("left"), false);
  });

  it("writes first what was missing in the log, again where that failed", async () => {
    const read = async ({ version }: State) => (version > 2 ? undefined : settling);
    const { driver, happened, faults, changes, stopping } = drive([append(ended)], { read });
    faults.set("settling", [{ error: new RpcUnavailable("cannot be told now") }]);
    const ran = driver.run(stopping.signal);
    while (happened.length < 2) await new Promise(setImmediate);
    await new Promise(setImmediate);
    changes.notify();
    await ran;
    assert.deepEqual(happened, ["read", "taken", "read", "settling", "ended", "left"]);
  });

  it("does not read again and again where reading takes longer than it takes to be told of the same", async () => {
    const { driver, happened, kinds, held, idle, stopping } = drive([]);
    held.reading = async () => {
      driver.heed(kinds.length);
    };
    const ran = driver.run(stopping.signal);
    await idle;
    await new Promise(setImmediate);
    assert.deepEqual(happened, ["read", "taken"]);
    // Told of something without a version, it cannot know whether that was read.
    kinds.push("cancelRequested");
    let times = 0;
    held.reading = async () => {
      times += 1;
      if (times === 1) driver.heed();
    };
    driver.heed();
    while (times < 2) await new Promise(setImmediate);
    await new Promise(setImmediate);
    assert.equal(times, 2);
    stopping.abort();
    await ran;
  });

  it("reads what others wrote as soon as it is told, and not for what it wrote itself", async () => {
    const { driver, happened, kinds, idle, stopping } = drive([append(settling)]);
    const ran = driver.run(stopping.signal);
    await idle;
    driver.heed(kinds.length);
    await new Promise(setImmediate);
    assert.equal(happened.filter((one) => one === "read").length, 1);
    kinds.push("cancelRequested");
    driver.heed(kinds.length);
    while (happened.filter((one) => one === "read").length < 2) await new Promise(setImmediate);
    stopping.abort();
    await ran;
  });

  describe("that meets an error which nobody expects (rule: unknown-error-lets-go)", () => {
    const unexpected: Handler["perform"] = async () => {
      throw new TypeError("of undefined");
    };

    it("says so, lets others go first, and decides anew on the log", async () => {
      const { driver, happened, pauses, stopping } = drive([unexpected, append(ended)]);
      await driver.run(stopping.signal);
      const met = ["error: driving a log failed: TypeError", "let go"];
      assert.deepEqual(happened, ["read", "taken", ...met, "read", "ended", "left"]);
      assert.deepEqual(pauses, [200]);
    });

    it("tries ever more rarely, and ends the log after ten where nothing was sent", async () => {
      const test = drive(Array(11).fill(unexpected), { giveUp: () => ended });
      await test.driver.run(test.stopping.signal);
      assert.deepEqual(test.pauses, [200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
      assert.deepEqual(test.happened.slice(-3), ["read", "ended", "left"]);
    });

    it("goes on for ever where something may have been sent, and forgets the errors once there is progress", async () => {
      const steps = [...Array(12).fill(unexpected), append(settling), unexpected, append(ended)];
      const { driver, kinds, pauses, stopping } = drive(steps);
      await driver.run(stopping.signal);
      assert.deepEqual(kinds.slice(1), ["taken", "settling", "ended"]);
      assert.deepEqual(pauses.slice(-3), [30_000, 30_000, 200]);
    });

    it("forgets those that are long ago: a workflow may wait for hours", async () => {
      const { driver, pauses, stopping, time } = drive([
        unexpected,
        async () => {
          time.nowMs += 300_001;
          throw new TypeError("of undefined");
        },
        append(ended),
      ]);
      await driver.run(stopping.signal);
      assert.deepEqual(pauses, [200, 200]);
    });

    it("tries again at once when somebody else has written, as a wish to cancel", async () => {
      const { driver, happened, kinds, pauses, stopping, time } = drive([unexpected, append(ended)]);
      time.timersRun = false;
      const ran = driver.run(stopping.signal);
      while (pauses.length === 0) await new Promise(setImmediate);
      driver.heed(kinds.length);
      await new Promise(setImmediate);
      assert.equal(happened.includes("ended"), false, "what it wrote itself is no news");
      kinds.push("cancelRequested");
      driver.heed(kinds.length);
      await ran;
      assert.deepEqual(happened.slice(-3), ["read", "ended", "left"]);
    });

    it("does not take waiting, and signing that comes to nothing, for progress", async () => {
      const kinds = [
        "waiting",
        "policyAllowed",
        "admitted",
        "signingPrepared",
        "signed",
        "signaturesDiscarded",
      ] as const;
      for (const kind of kinds) {
        const comesToNothing = append({ case: kind, value: {} } as EventInit);
        const { driver, pauses, stopping } = drive([unexpected, comesToNothing, unexpected, append(ended)]);
        await driver.run(stopping.signal);
        assert.deepEqual(pauses, [200, 400], kind);
      }
    });
  });
});
