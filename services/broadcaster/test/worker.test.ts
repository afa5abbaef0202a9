import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { EventSchema } from "@outlayer/contracts/outlayer/evidence/v1/event";
import { contextOf, createLogger, currentContext, InProcessBus, inContext, Notifier, systemPorts } from "@outlayer/kit";
import { workSubject } from "@outlayer/workflow";
import type { Logged } from "../src/core/workflow/state.ts";
import { LogDriver, type LogDriverDeps } from "../src/shell/log/log-driver.ts";
import { UnreadLogs } from "../src/shell/log/unread-logs.ts";
import { Worker, type WorkerNeeds } from "../src/shell/term/worker.ts";
import { WorkflowHandler, type WorkflowNeeds } from "../src/shell/workflow/workflow-handler.ts";

const logged = (version: number, kind: MessageInitShape<typeof EventSchema>["kind"]): Logged => ({
  version,
  atMs: 1_000 * version,
  event: create(EventSchema, { kind: kind as never }),
});

/** A worker on workflows that were let in, and wait since the chain has not been seen. Time stands still: timers go off when the test says so. */
class Stage implements AsyncDisposable {
  readonly read: string[] = [];
  /** The trace in which a log was read first. */
  readonly traces = new Map<string, string | undefined>();
  /** What each list was asked for. */
  readonly listed: ("whole" | "recent")[] = [];
  /** What the lists were told of the term. */
  readonly told: string[] = [];
  /** Whether lists, and reads of logs, fail. */
  fails = { lists: false, reads: false };
  /** What was answered of the logs. */
  readonly held: WeakRef<object>[] = [];
  readonly logs: string[] = [];
  readonly bus = new InProcessBus();
  readonly #set = new Set<() => void>();
  readonly #worker: Worker;

  constructor(requestIds: readonly string[], status = "queued") {
    const evidence = { read: async (requestId: string) => this.#log(requestId) };
    const list = (kind: "whole" | "recent") => async (partition: string) => {
      assert.equal(partition, "gate:gate.near");
      this.listed.push(kind);
      if (this.fails.lists) throw new Error("evidence is away");
      return requestIds.map((requestId) => ({ requestId, partition, version: 2, status }));
    };
    const lists = {
      whole: list("whole"),
      recent: list("recent"),
      join: (partition: string) => void this.told.push(`join ${partition}`),
      leave: (partition: string) => void this.told.push(`leave ${partition}`),
    };
    const conductor = {
      changes: new Notifier(),
      async start() {},
      async run() {},
      preparedResumes: async () => [],
    };
    const timers = {
      after: (_ms: number, run: () => void) => {
        this.#set.add(run);
        return () => void this.#set.delete(run);
      },
    };
    const needs = {
      ...{
        evidence,
        lists,
        conductor,
        follower: { changes: new Notifier(), heads: undefined },
        unread: new UnreadLogs(),
      },
      ...{ lease: { resource: "gate:gate.near", epoch: 1n }, driverId: "driver-1", config: {} },
      ...{
        logger: createLogger("test", "warn", { write: (line) => void this.logs.push(line) }),
        policyLine: { endTerm() {} },
        ports: { ...systemPorts(), timers },
      },
    };
    const work = {
      async start() {},
      async run() {},
      driver: (requestId: string, log: readonly Logged[]) => {
        const handler = new WorkflowHandler(requestId, needs as unknown as WorkflowNeeds);
        return new LogDriver(requestId, handler, needs as unknown as LogDriverDeps, log);
      },
    };
    this.#worker = new Worker(needs as unknown as WorkerNeeds, work, this.bus);
    this.#worker.start();
  }

  tell(requestId: string): void {
    this.bus.publish(workSubject("gate:gate.near"), new TextEncoder().encode(requestId));
  }

  /** Has all be done that needs no timer. */
  async settle(): Promise<void> {
    for (let times = 0; times < 10; times += 1) await turn();
  }

  async timersGoOff(): Promise<void> {
    const set = [...this.#set];
    this.#set.clear();
    for (const run of set) run();
    await this.settle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.stop();
  }

  #log(requestId: string): readonly Logged[] {
    this.read.push(requestId);
    if (!this.traces.has(requestId)) this.traces.set(requestId, currentContext()?.traceId);
    if (this.fails.reads) throw new Error("evidence is away");
    const log = [
      logged(1, { case: "opened", value: { walletId: "wallet-1", originalRequestText: "{}" } }),
      logged(2, { case: "taken", value: { driverId: "driver-1", epoch: 1n } }),
      logged(3, { case: "policyAllowed", value: { accountId: "alice.near" } }),
      logged(4, { case: "admitted", value: {} }),
    ];
    const opened = log[0]?.event.kind.value ?? log;
    for (const part of [log, opened]) this.held.push(new WeakRef(part));
    return log;
  }
}

async function collectGarbage(): Promise<void> {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  // What a weak reference led to is kept until the turn is over.
  for (let times = 0; times < 5; times += 1) {
    await turn();
    gc();
  }
}

const names = (count: number) => Array.from({ length: count }, (_, index) => String(index).padStart(4, "0"));

describe("a worker", () => {
  it("keeps nothing of a log that it has folded: ten thousand may wait for the gate", async () => {
    await using stage = new Stage(["one"]);
    await stage.settle();
    assert.deepEqual(stage.read, ["one"]);
    await collectGarbage();
    assert.equal(stage.held.filter((one) => one.deref() !== undefined).length, 0);
    assert.deepEqual(stage.logs, []);
  });

  it("lets other work of its process go on while it begins thousands of workflows", async () => {
    const ids = names(1_000);
    await using stage = new Stage(ids);
    await stage.settle();
    assert.ok(stage.read.length > 0 && stage.read.length < 200, `${stage.read.length} were begun in a row`);
    for (let times = 0; stage.read.length < ids.length && times < 100; times += 1) await stage.timersGoOff();
    assert.deepEqual(stage.read, ids);
  });

  it("lists all open workflows first, then those that have changed lately, and all again now and then", async () => {
    await using stage = new Stage(["one"]);
    await stage.settle();
    for (let sweep = 0; sweep < 30; sweep += 1) await stage.timersGoOff();
    const recent = Array(14).fill("recent");
    assert.deepEqual(stage.listed, ["whole", ...recent, "whole", ...recent, "whole"]);
  });

  it("has its partition in the lists of its process from before its first list to its end", async () => {
    const stage = new Stage(["one"]);
    assert.deepEqual([stage.told, stage.listed], [["join gate:gate.near"], ["whole"]]);
    await stage[Symbol.asyncDispose]();
    assert.deepEqual(stage.told, ["join gate:gate.near", "leave gate:gate.near"]);
  });

  it("lists all open workflows again after a list that failed: what has changed meanwhile may be long ago", async () => {
    await using stage = new Stage(["one"]);
    await stage.settle();
    stage.fails.lists = true;
    await stage.timersGoOff();
    await stage.timersGoOff();
    stage.fails.lists = false;
    await stage.timersGoOff();
    await stage.timersGoOff();
    assert.deepEqual(stage.listed, ["whole", "recent", "whole", "whole", "recent"]);
  });

  it("lists all open workflows again after a log that could not be read, however old that is", async () => {
    await using stage = new Stage(["one"]);
    stage.fails.reads = true;
    await stage.settle();
    stage.fails.reads = false;
    await stage.timersGoOff();
    await stage.timersGoOff();
    assert.deepEqual(stage.listed, ["whole", "whole", "recent"]);
    assert.deepEqual(stage.read, ["one", "one"]);
  });

  it("begins a new workflow behind those that were there before, and then at once", async () => {
    const ids = names(100);
    await using stage = new Stage(ids);
    await stage.settle();
    stage.tell("new");
    await stage.settle();
    assert.equal(stage.read.includes("new"), false);
    await stage.timersGoOff();
    assert.deepEqual(stage.read, [...ids, "new"]);
    stage.tell("newer");
    await stage.settle();
    assert.deepEqual(stage.read.at(-1), "newer");
  });

  it("hears of a workflow that is opened after the first list was asked for", async () => {
    await using stage = new Stage(["one"]);
    stage.tell("new");
    await stage.settle();
    assert.deepEqual(stage.read, ["one", "new"]);
  });

  it("begins a workflow that it hears of with the trace of its message, even where a list names it too", async () => {
    const ids = names(100);
    await using stage = new Stage(ids);
    const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    const request = contextOf(new Headers({ traceparent: `00-${traceId}-00f067aa0ba902b7-01` }));
    inContext(request, () => stage.tell("0099"));
    await stage.settle();
    await stage.timersGoOff();
    assert.deepEqual(stage.read, ids);
    assert.equal(stage.traces.get("0099"), traceId);
  });

  it("leaves no work under way to a message: all signing waits for that work", async () => {
    const ids = names(100);
    await using stage = new Stage(ids, "submitted");
    stage.tell("0000");
    await stage.settle();
    assert.equal(stage.read[0], "0000");
  });
});
