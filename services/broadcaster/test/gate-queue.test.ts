import assert from "node:assert/strict";
import { expectedStarts } from "../src/core/gate/schedule.ts";
import { GateQueue, type Outlook } from "../src/shell/gate/gate-queue.ts";

const outlook: Outlook = {
  head: 100,
  lane: [{ requestId: "admitted", calls: 3, progress: { kind: "preparing" } }],
  obstacle: undefined,
};

/** Joins workflows of some wallets in turn, each of which asks for its place at once. */
function joined(count: number, wallets: number): GateQueue {
  const queue = new GateQueue();
  for (let index = 0; index < count; index += 1) {
    const requestId = String(index).padStart(6, "0");
    queue.join({ requestId, walletId: `wallet-${index % wallets}`, calls: 3 });
    queue.tell(requestId, outlook);
  }
  return queue;
}

describe("the queue in front of a gate", () => {
  it("tells a workflow that has just come the place that all are told at the next head", () => {
    const queue = new GateQueue();
    const calls = [3, 12, 1, 6];
    const starts = expectedStarts(outlook.lane, calls, outlook.head);
    for (const [index, size] of calls.entries()) {
      const requestId = `workflow-${index}`;
      queue.join({ requestId, walletId: `wallet-${index}`, calls: size });
      const place = { position: index + 1, expectedStart: starts[index], waitingFor: "turn" };
      assert.deepEqual(queue.tell(requestId, outlook), place);
    }
    queue.call(outlook, () => false);
    for (const index of calls.keys()) {
      const place = { position: index + 1, expectedStart: starts[index], waitingFor: "turn" };
      assert.deepEqual(queue.tell(`workflow-${index}`, outlook), place);
    }
  });

  it("has a wallet wait for one turn of all sessions together (rule: sessions-share-one-wallets-part)", () => {
    const queue = new GateQueue();
    for (let index = 0; index < 20; index += 1) {
      queue.join({ requestId: `session-${index + 10}`, walletId: `account:${index}.near`, calls: 3 });
    }
    queue.join({ requestId: "wallet", walletId: "wallet-1", calls: 3 });
    assert.equal(queue.tell("wallet", outlook)?.position, 2);
  });

  it("tells of an obstacle, and no start", () => {
    const queue = new GateQueue();
    queue.join({ requestId: "one", walletId: "wallet", calls: 3 });
    const told = queue.tell("one", { ...outlook, obstacle: "gate_busy" });
    assert.deepEqual(told, { position: 1, expectedStart: undefined, waitingFor: "gate_busy" });
  });

  it("has no place for a workflow that is not in it", () => {
    const nowhere = { position: 0, expectedStart: undefined, waitingFor: "turn" };
    assert.deepEqual(joined(2, 1).tell("nobody", outlook), nowhere);
  });

  it("takes ten thousand that come one after another without ordering all of them for each", () => {
    const before = process.cpuUsage();
    joined(10_000, 32);
    const { user, system } = process.cpuUsage(before);
    // Orderings would take more than ten seconds.
    assert.ok(user + system < 4_000_000, `${(user + system) / 1000} ms of processor time`);
  }).timeout(60_000);
});
