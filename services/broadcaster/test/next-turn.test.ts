import assert from "node:assert/strict";
import { createLogger, Notifier } from "@outlayer/kit";
import { keyPairFromSeed } from "@outlayer/near";
import type { Action } from "../src/core/workflow/action.ts";
import type { GateProgress } from "../src/core/workflow/gate-progress.ts";
import type { WorkflowState } from "../src/core/workflow/state.ts";
import { KeyRing } from "../src/shell/chain/signing-key.ts";
import { Commitments } from "../src/shell/gate/commitments.ts";
import { Conductor, type ConductorDeps } from "../src/shell/gate/conductor.ts";
import { LaneLog } from "../src/shell/gate/lane-log.ts";
import type { OpenLog } from "../src/shell/log/log-driver.ts";
import { WorkflowHandler, type WorkflowNeeds } from "../src/shell/workflow/workflow-handler.ts";
import { three } from "./core/driver-actions.ts";
import { pending, resumed, started, workflow } from "./core/workflow-builder.ts";

type Wanted = Extract<Action, { kind: "look" | "look_ahead" }>;

const look: Wanted = { kind: "look", submissions: ["s1"], resumes: [], isAwaited: true };
const lookAhead: Wanted = { kind: "look_ahead", submissions: ["s1"], resumes: [] };

const headsAt = (height: number) => {
  const block = { height, timeMs: 0, gasPrice: 1n };
  return { optimistic: block, final: block };
};

const member = "last member but one";

/** A workflow whose chain runs, another one behind it, and a node that answers nothing yet, or with `answer`. */
async function onTheGate(next: GateProgress | undefined, answer = new Promise<undefined>(() => {})) {
  const asked: string[] = [];
  const ask = (what: string) => () => {
    asked.push(what);
    return what === member ? answer : new Promise<never>(() => {});
  };
  const node = { accessKey: ask("key of the approver"), transaction: ask(member) };
  const follower = {
    ...{ heads: headsAt(1010), changes: new Notifier(), asks: new Notifier(), asking: undefined as unknown },
    place: () => undefined,
    async learn() {},
    async learnIfKept() {},
  };
  const logger = createLogger("broadcaster", "silent", { write: () => {} });
  const deps = { node, follower, logger } as unknown as ConstructorParameters<typeof KeyRing>[2];
  const evidence = {
    gateLog: async () => ({ version: 0n, lane: undefined }),
    appendGate: async (_gateId: string, version: bigint) => version + 1n,
  };
  const conductor = new Conductor({
    log: new LaneLog(evidence, "gate.near"),
    approver: new KeyRing("approver.near", [keyPairFromSeed(new Uint8Array(32).fill(1))], deps),
    follower,
    logger,
    clock: { now: () => 0 },
  } as unknown as ConductorDeps);
  const lane: [string, GateProgress | undefined][] = [
    ["runs", { kind: "running", started: 1005 }],
    ["next", next],
  ];
  for (const [requestId, progress] of lane) {
    if (progress === undefined) continue;
    await conductor.admit({ requestId, walletId: "w", calls: 3 } as never, 1000);
    await conductor.report(requestId, progress);
  }
  const state = workflow(three, [...pending(three), resumed(), started(1005)]);
  const config = { submitIntentGas: 1n, gateCallbackGas: 1n, resumeBatchGas: 1n };
  const needs = {
    conductor,
    follower,
    node,
    config,
    commitments: new Commitments(),
    ports: { clock: { now: () => 0 } },
  };
  const handler = new WorkflowHandler("runs", needs as unknown as WorkflowNeeds);
  const stopping = new AbortController();
  const changeOf = (source: Notifier) => Notifier.next([source], stopping.signal);
  return {
    asked,
    follower,
    stopping,
    decide: () => handler.decide(state),
    /** @returns whether it is done, as soon as nothing moves any more but what waits for an answer */
    async perform(wanted: Wanted): Promise<() => boolean> {
      let isDone = false;
      void handler.perform(wanted, { state, changeOf } as OpenLog<WorkflowState>).then(() => {
        isDone = true;
      });
      await rest();
      return () => isDone;
    },
  };
}

/** Lets everything go on that waits for no answer. */
const rest = () => new Promise(setImmediate);

describe("while a chain is looked at that may be about to leave the gate", () => {
  const both = ["key of the approver", member];

  it("the key is looked at that the next resume is signed with, in place of after it", async () => {
    const { asked, perform } = await onTheGate({ kind: "ready" });
    await perform(look);
    assert.deepEqual(asked.sort(), both);
  });

  it("no key is looked at where the look tells nothing of the gate, or nothing is ready to be resumed", async () => {
    const { isAwaited: _, ...plain } = look;
    for (const [next, wanted] of [
      [{ kind: "ready" }, plain],
      [{ kind: "preparing" }, look],
      [undefined, look],
    ] as const) {
      const { asked, perform } = await onTheGate(next);
      await perform(wanted);
      assert.deepEqual(asked, [member]);
    }
  });

  it("both are asked for beside the request for the block that is to show it, and once a request", async () => {
    const { asked, perform, follower } = await onTheGate({ kind: "ready" });
    const isDone = await perform(lookAhead);
    assert.deepEqual(asked, []);
    const head = Promise.withResolvers<void>();
    follower.asking = head.promise;
    follower.asks.notify();
    await rest();
    assert.deepEqual(asked.sort(), both);
    assert.equal(isDone(), false);
  });

  it("both are asked for at once where that request is under way", async () => {
    const { asked, perform, follower } = await onTheGate({ kind: "ready" });
    follower.asking = new Promise<void>(() => {});
    await perform(lookAhead);
    assert.deepEqual(asked.sort(), both);
  });

  it("the member is looked at in the next block again where it is pending, even if the block was known here first", async () => {
    const answer = Promise.withResolvers<undefined>();
    const { perform, decide, follower } = await onTheGate({ kind: "ready" }, answer.promise);
    follower.heads = headsAt(1009);
    const head = Promise.withResolvers<void>();
    follower.asking = head.promise;
    const isDone = await perform(lookAhead);
    follower.heads = headsAt(1010);
    head.resolve();
    answer.resolve(undefined);
    await rest();
    assert.equal(isDone(), true);
    const due: Wanted = { ...look, submissions: ["s0", "s1"] };
    assert.deepEqual(await decide(), due);
    await perform(due);
    assert.deepEqual(await decide(), { kind: "wait" });
  });

  it("nothing is asked for where the driver is told something else first", async () => {
    const { asked, perform, stopping } = await onTheGate({ kind: "ready" });
    const isDone = await perform(lookAhead);
    stopping.abort();
    await rest();
    assert.equal(isDone(), true);
    assert.deepEqual(asked, []);
  });
});
