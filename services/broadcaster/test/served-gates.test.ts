import assert from "node:assert/strict";
import { createLogger } from "@outlayer/kit";
import { keyPairFromSeed } from "@outlayer/near";
import type { OperatedGate } from "../src/gates.ts";
import { ServedGates } from "../src/shell/term/served-gates.ts";

const key = (seed: number) => keyPairFromSeed(new Uint8Array(32).fill(seed));

const operated = (gateId: string, given: Partial<OperatedGate> = {}): OperatedGate => ({
  gateId,
  relayerId: `relayer.${gateId}`,
  relayerKeys: [key(1)],
  approverId: `approver.${gateId}`,
  approverKeys: [key(2)],
  gateFeeYocto: 1n,
  gateMaxFeeYocto: 2n,
  gateCodeHash: undefined,
  gateOwnerId: undefined,
  ...given,
});

describe("gates that are served (rule: gates-change-while-it-runs)", () => {
  /** @param done what a keeper's stop waits for, by gate */
  function serving(first: readonly OperatedGate[], done: Readonly<Record<string, Promise<void>>> = {}) {
    const events: string[] = [];
    const serve = (gate: OperatedGate) => ({
      operated: gate,
      keeper: {
        start: () => void events.push(`start ${gate.gateId}`),
        async stop() {
          events.push(`stop ${gate.gateId}`);
          await done[gate.gateId];
          events.push(`stopped ${gate.gateId}`);
        },
      },
    });
    const logger = createLogger("broadcaster", "silent");
    const served = new ServedGates(serve, logger, first);
    return { served, events, ids: () => served.all.map(({ operated: { gateId } }) => gateId) };
  }

  it("come and go, and one that stays as it was is not touched", async () => {
    const { served, events, ids } = serving([operated("a"), operated("b")]);
    served.start();
    const [, b] = served.all;
    // Read anew, so nothing is the same object.
    await served.change([operated("c"), operated("b")]);
    assert.deepEqual(events, ["start a", "start b", "stop a", "stopped a", "start c"]);
    assert.deepEqual([ids(), served.all[1] === b], [["c", "b"], true]);
  });

  for (const [what, given] of Object.entries({
    "a relayer's key": { relayerKeys: [key(1), key(3)] },
    "an approver's key": { approverKeys: [key(3)] },
    "an account": { relayerId: "another.near" },
    "its fee": { gateMaxFeeYocto: 3n },
    "its code": { gateCodeHash: "hash" },
  })) {
    it(`begin anew with ${what}`, async () => {
      const { served, events } = serving([operated("a")]);
      served.start();
      await served.change([operated("a", given)]);
      assert.deepEqual(events, ["start a", "stop a", "stopped a", "start a"]);
    });
  }

  it("begin once those that go have ended, for an account may move between them", async () => {
    const ended = Promise.withResolvers<void>();
    const { served, events, ids } = serving([operated("a")], { a: ended.promise });
    served.start();
    const first = served.change([operated("b")]);
    const second = served.change([operated("b"), operated("c")]);
    await new Promise(setImmediate);
    assert.deepEqual([events, ids()], [["start a", "stop a"], []]);
    ended.resolve();
    await Promise.all([first, second]);
    assert.deepEqual(events, ["start a", "stop a", "stopped a", "start b", "start c"]);
  });

  it("are there while they change, for who asks about them meanwhile", async () => {
    const ended = Promise.withResolvers<void>();
    const { served, events, ids } = serving([operated("a"), operated("b")], { a: ended.promise });
    served.start();
    const before = served.all[0];
    const changed = served.change([operated("a", { relayerKeys: [key(3)] })]);
    await new Promise(setImmediate);
    assert.deepEqual([ids(), served.all[0] === before], [["a"], true]);
    ended.resolve();
    await changed;
    assert.deepEqual([ids(), served.all[0] === before], [["a"], false]);
    assert.deepEqual(events.slice(-3), ["stopped b", "stopped a", "start a"]);
  });

  it("that are to come do not begin in a process that stops meanwhile, which waits for those that end", async () => {
    const ended = Promise.withResolvers<void>();
    const { served, events } = serving([operated("a"), operated("b")], { a: ended.promise });
    served.start();
    const changed = served.change([operated("b"), operated("c")]);
    await new Promise(setImmediate);
    let isStopped = false;
    const stopped = served.stop().then(() => {
      isStopped = true;
    });
    await new Promise(setImmediate);
    assert.equal(isStopped, false);
    ended.resolve();
    await Promise.all([changed, stopped]);
    assert.deepEqual(events, ["start a", "start b", "stop a", "stop b", "stopped b", "stopped a"]);
  });
});
