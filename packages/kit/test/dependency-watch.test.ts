import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { type CallListener, createLogger, DependencyWatch, Readiness, sleep } from "@outlayer/kit";
import { virtualTime } from "./support/virtual-time.ts";

/** The longest that whoever is asked may take to give up: the database. Milliseconds. */
const longestAskMs = 3_000;

/**
 * A watch on time that goes only when told to, whose dependency does what a test says when it is asked, and whose pauses are
 * as long as they can be.
 */
function watched({ required }: { readonly required?: true } = {}) {
  const time = virtualTime(0);
  const lines: { readonly [field: string]: unknown }[] = [];
  const logger = createLogger("evidence", "trace", { write: (line) => void lines.push(JSON.parse(line)) });
  const asked: number[] = [];
  let does: "answer" | "refuse" | "hang" | "skip" = "hang";
  let behindMs = 0;
  const watch = new DependencyWatch({
    name: "database",
    required,
    async ask(signal: AbortSignal, listener: CallListener) {
      asked.push(time.clock.now());
      if (does === "answer") return listener.heard();
      if (does === "skip") {
        // A watch that asks without a pause would never let the test go on.
        if (asked.length > 100) void watch.stop();
        return;
      }
      if (does === "refuse") return listener.missed("away", "connection refused");
      await sleep(time.timers, longestAskMs, signal);
      listener.missed("slow", `no answer within ${longestAskMs} ms`);
    },
    ports: {
      ...time,
      clock: { now: () => time.clock.now() - behindMs },
      random: { bytes: (count) => new Uint8Array(count).fill(255) },
    },
    logger,
  });
  const readiness = new Readiness();
  readiness.watch(() => [watch.dependency]);
  readiness.start();
  const settled = async () => {
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  };
  return {
    watch,
    readiness,
    asked,
    now: () => time.clock.now(),
    makeIt: (what: typeof does) => {
      does = what;
    },
    said: () => lines.map(({ level, msg }) => `${level}: ${msg}`),
    settled,
    /** Sets the clock back; timers go on. */
    setBack: (ms: number) => {
      behindMs += ms;
    },
    /** Lets time pass, in steps in which everything happens that is due. */
    async pass(ms: number): Promise<void> {
      await settled();
      for (let passed = 0; passed < ms; passed += 50) {
        time.advance(50);
        await settled();
      }
    },
  };
}

describe("a dependency that is watched", () => {
  it("is asked again after a pause where a probe told nothing, however long the last answer is ago", async () => {
    const { watch, asked, makeIt, pass } = watched();
    makeIt("skip");
    watch.heard();
    watch.start();
    await pass(20_000);
    assert.ok(asked.length > 5 && asked.length < 20, `asked ${asked.length} times`);
    await watch.stop();
  });

  it("takes a process that cannot do without it out of service while it is not known or away, and not when it is slow", async () => {
    const { watch, readiness } = watched({ required: true });
    const isReady = () => [readiness.ready, readiness.reasons];
    assert.deepEqual(watch.dependency, { name: "database", state: "unknown", required: true });
    assert.deepEqual(isReady(), [false, ["database is unknown"]]);
    watch.heard();
    assert.deepEqual(watch.dependency, { name: "database", state: "ok", required: true });
    assert.deepEqual(isReady(), [true, []]);
    watch.missed("slow", "no answer within 4000 ms");
    assert.deepEqual(watch.dependency, { name: "database", state: "slow" });
    assert.deepEqual(isReady(), [true, []]);
    assert.deepEqual(readiness.report(), { status: "ready", dependencies: { database: "slow" } });
    watch.missed("away", "connection refused");
    assert.deepEqual(watch.dependency, { name: "database", state: "away", required: true });
    assert.deepEqual(isReady(), [false, ["database is away"]]);
  });

  it("is not brought back by another call without an answer", async () => {
    for (const first of ["unknown", "away"] as const) {
      const { watch, readiness } = watched({ required: true });
      if (first === "away") watch.missed("away", "connection refused");
      watch.missed("slow", "no answer within 4000 ms");
      assert.equal(watch.dependency.state, first);
      assert.equal(readiness.ready, false);
      watch.heard();
      assert.equal(readiness.ready, true);
    }
  });

  it("leaves a process that can do without it in service, whatever becomes of it", async () => {
    const { watch, readiness } = watched();
    watch.heard();
    for (const state of ["slow", "away"] as const) {
      watch.missed(state, "no answer");
      assert.deepEqual(watch.dependency, { name: "database", state });
      assert.equal(readiness.ready, true);
    }
  });

  it("is brought back though the clock was set back while it was away", async () => {
    const { watch, makeIt, pass, setBack } = watched({ required: true });
    makeIt("answer");
    watch.start();
    await pass(1_000);
    // Calls get no answer while asking is answered.
    for (let missed = 0; missed < 5; missed += 1) {
      watch.missed("slow", "no answer within 4000 ms");
      await pass(1_000);
    }
    assert.equal(watch.dependency.state, "away");
    setBack(3_600_000);
    await pass(15_000);
    assert.equal(watch.dependency.state, "ok");
    await watch.stop();
  });

  it("leaves nothing that listens behind, however often it is asked and answers", async () => {
    const { any } = AbortSignal;
    const composed: AbortSignal[] = [];
    AbortSignal.any = (signals) => {
      const signal = any.call(AbortSignal, signals);
      composed.push(signal);
      return signal;
    };
    try {
      const { watch, asked, makeIt, pass } = watched();
      makeIt("answer");
      watch.start();
      await pass(60_000);
      assert.ok(asked.length > 20, `asked ${asked.length} times`);
      const listening = composed.filter((signal) => !signal.aborted && getEventListeners(signal, "abort").length > 0);
      // The pause that it is in.
      assert.ok(listening.length <= 1, `${listening.length} of ${composed.length}`);
      await watch.stop();
    } finally {
      AbortSignal.any = any;
    }
  });

  it("is asked after longer and longer pauses until it answers, and is said to be missing once", async () => {
    const { watch, asked, makeIt, pass, said } = watched();
    const answers = watch.answers(new AbortController().signal);
    makeIt("refuse");
    watch.start();
    await pass(8_000);
    assert.deepEqual(asked, [0, 500, 1500, 3500, 5500, 7500]);
    makeIt("answer");
    await pass(1_500);
    await answers;
    assert.equal(watch.dependency.state, "ok");
    assert.deepEqual(said(), ["warn: database is away: waiting for it", "info: database answers"]);
    await watch.stop();
  });

  it("is asked when nothing was answered for a while, and not while calls are", async () => {
    const { watch, asked, makeIt, pass } = watched();
    makeIt("answer");
    watch.start();
    await pass(2_000);
    watch.heard();
    await pass(2_000);
    watch.heard();
    await pass(2_450);
    assert.deepEqual(asked, [0]);
    await pass(2_500);
    assert.deepEqual(asked, [0, 6_500]);
    await watch.stop();
  });

  it("changes no more once it is not watched any longer", async () => {
    const { watch, said } = watched();
    watch.heard();
    await watch.stop();
    watch.missed("away", "connection refused");
    assert.equal(watch.dependency.state, "ok");
    assert.deepEqual(said(), ["info: database answers"]);
  });
});

describe("a dependency without which nothing goes", () => {
  /** Goes on until it is away. @returns milliseconds */
  async function untilAway({ watch, pass, now }: ReturnType<typeof watched>, call: () => void = () => {}) {
    const startMs = now();
    while (watch.dependency.state !== "away") {
      assert.ok(now() - startMs < 60_000, "it is never found to be away");
      call();
      await pass(50);
    }
    return now() - startMs;
  }

  for (const what of ["refuse", "hang"] as const) {
    it(`is away within 10 s when it begins to ${what} right after an answer and nobody calls, and comes back by itself`, async () => {
      const one = watched({ required: true });
      one.makeIt("answer");
      one.watch.start();
      await one.pass(1_000);
      one.watch.heard();
      one.makeIt(what);
      const tookMs = await untilAway(one);
      assert.ok(tookMs <= 10_000, `${tookMs} ms`);
      assert.deepEqual(one.readiness.reasons, ["database is away"]);
      await one.pass(20_000);
      assert.equal(one.readiness.ready, false);
      one.makeIt("answer");
      await one.pass(2_000 + longestAskMs);
      assert.equal(one.readiness.ready, true);
      await one.watch.stop();
    });
  }

  it("is not in service before it has answered once, also where it only hangs", async () => {
    const one = watched({ required: true });
    one.watch.start();
    for (let passed = 0; passed < 30_000; passed += 500) {
      await one.pass(500);
      assert.equal(one.readiness.ready, false);
    }
    await one.watch.stop();
  });

  it("is away within 10 s when it says that it is there and no call is answered, until one is", async () => {
    const one = watched({ required: true });
    one.makeIt("answer");
    one.watch.start();
    await one.pass(1_000);
    one.watch.heard();
    // Somebody calls, one call after another, each of which is late after 4 s, and given up after 5 s.
    const beganMs = one.now();
    const call = () => {
      const ms = (one.now() - beganMs) % 5_000;
      if (ms === 4_000 || (ms === 0 && one.now() > beganMs)) one.watch.missed("slow", "no answer");
    };
    const tookMs = await untilAway(one, call);
    assert.ok(tookMs <= 10_000, `${tookMs} ms`);
    for (let passed = 0; passed < 60_000; passed += 50) {
      call();
      await one.pass(50);
      assert.equal(one.readiness.ready, false);
    }
    one.watch.heard();
    assert.equal(one.readiness.ready, true);
    await one.watch.stop();
  });

  it("is believed again some time after calls were left unanswered, and not after the next one that is", async () => {
    const one = watched({ required: true });
    one.makeIt("answer");
    one.watch.start();
    await one.pass(1_000);
    one.watch.missed("slow", "no answer");
    await one.pass(3_000);
    assert.equal(one.readiness.ready, true);
    one.watch.missed("slow", "no answer");
    await one.pass(9_000);
    assert.deepEqual(one.readiness.reasons, ["database is away"]);
    await one.pass(4_000);
    assert.equal(one.readiness.ready, true, "nobody calls any more");
    one.watch.missed("slow", "no answer");
    await one.pass(9_000);
    assert.equal(one.readiness.ready, false);
    one.watch.heard();
    assert.equal(one.readiness.ready, true);
    await one.watch.stop();
  });

  it("stays in service when some calls get no answer and others do, and when many go unanswered at once", async () => {
    const one = watched({ required: true });
    one.makeIt("answer");
    one.watch.start();
    for (let passed = 0; passed < 30_000; passed += 1_000) {
      await one.pass(1_000);
      for (let call = 0; call < 20; call++) one.watch.missed("slow", "no answer");
      if (passed % 2_000 === 0) one.watch.heard();
      await one.settled();
      assert.equal(one.readiness.ready, true);
    }
    one.watch.heard();
    for (let call = 0; call < 20; call++) one.watch.missed("slow", "no answer");
    await one.pass(30_000);
    for (let call = 0; call < 20; call++) one.watch.missed("slow", "no answer");
    assert.equal(one.readiness.ready, true);
    await one.watch.stop();
  });

  it("comes back with its first answer when it was gone for everybody", async () => {
    const one = watched({ required: true });
    one.makeIt("answer");
    one.watch.start();
    await one.pass(1_000);
    one.makeIt("refuse");
    for (let passed = 0; passed < 20_000; passed += 500) {
      one.watch.missed("away", "connection refused");
      await one.pass(500);
    }
    assert.equal(one.readiness.ready, false);
    one.makeIt("answer");
    await one.pass(2_000);
    assert.equal(one.readiness.ready, true);
    await one.watch.stop();
  });
});
