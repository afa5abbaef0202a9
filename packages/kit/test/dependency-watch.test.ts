import assert from "node:assert/strict";
import { createLogger, DependencyWatch, Readiness, type WatchDeps } from "@outlayer/kit";
import { handTimers } from "./support/hand-timers.ts";

/** A watch whose dependency answers once a test says so, and whose pauses are as long as they can be. */
function watched({
  isSilent = false,
  ...options
}: Pick<WatchDeps, "required" | "idleMs"> & { isSilent?: boolean } = {}) {
  const timers = handTimers();
  const lines: { readonly [field: string]: unknown }[] = [];
  const logger = createLogger("evidence", "trace", { write: (line) => void lines.push(JSON.parse(line)) });
  let asked = 0;
  let isThere = false;
  const watch = new DependencyWatch({
    name: "database",
    ...options,
    async ask() {
      asked += 1;
      if (isSilent) return new Promise(() => {});
      if (!isThere) return watch.missed("away", "no answer");
      watch.heard();
    },
    ports: { timers, random: { bytes: (count) => new Uint8Array(count).fill(255) } },
    logger,
  });
  const readiness = new Readiness();
  readiness.watch(() => [watch.dependency]);
  readiness.start();
  return {
    watch,
    readiness,
    timers,
    comeBack: () => (isThere = true),
    asked: () => asked,
    said: () => lines.map(({ level, msg }) => `${level}: ${msg}`),
    /** Resolves once it waits for something, and for what: milliseconds. */
    async pause(): Promise<readonly number[]> {
      while (timers.count === 0) await new Promise(setImmediate);
      return timers.waiting;
    },
  };
}

describe("a dependency that is watched", () => {
  it("takes a process that cannot do without it out of service while it is not known or away, and not when it is slow", async () => {
    const { watch, readiness } = watched({ required: true, isSilent: true });
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
    watch.missed("slow", "no answer within 4000 ms");
    assert.deepEqual(isReady(), [true, []]);
    await watch.stop();
  });

  it("leaves a process that can do without it in service, whatever becomes of it", async () => {
    const { watch, readiness } = watched({ isSilent: true });
    for (const state of ["slow", "away"] as const) {
      watch.missed(state, "no answer");
      assert.deepEqual(watch.dependency, { name: "database", state });
      assert.equal(readiness.ready, true);
    }
    await watch.stop();
  });

  it("is asked after longer and longer pauses until it answers, and is said to be missing once", async () => {
    const { watch, timers, pause, asked, comeBack, said } = watched();
    const answers = watch.answers(new AbortController().signal);
    watch.missed("away", "connection refused");
    const pauses: number[] = [];
    for (let turn = 0; turn < 4; turn++) {
      pauses.push(...(await pause()));
      timers.fire();
    }
    assert.deepEqual(pauses, [500, 1000, 2000, 2000]);
    await pause();
    assert.equal(asked(), 5);
    comeBack();
    timers.fire();
    await answers;
    assert.equal(watch.dependency.state, "ok");
    assert.equal(asked(), 6);
    assert.deepEqual(said(), ["warn: database is away: waiting for it", "info: database answers"]);
    await watch.stop();
    assert.equal(timers.count, 0);
  });

  it("is asked when nobody has called it for a while, and not while somebody does", async () => {
    const { watch, timers, pause, asked, comeBack } = watched({ idleMs: 10_000 });
    comeBack();
    watch.start();
    assert.deepEqual(await pause(), [10_000]);
    assert.equal(asked(), 1);
    watch.heard();
    timers.fire();
    assert.deepEqual(await pause(), [10_000]);
    assert.equal(asked(), 1);
    timers.fire();
    assert.deepEqual(await pause(), [10_000]);
    assert.equal(asked(), 2);
    await watch.stop();
    assert.equal(timers.count, 0);
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
