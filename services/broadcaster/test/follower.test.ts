import assert from "node:assert/strict";
import { createLogger, Notifier, systemPorts } from "@outlayer/kit";
import { type VirtualTime, virtualTime } from "../../../packages/kit/test/support/virtual-time.ts";
import type { Block, BlockWanted, NearNode } from "../src/core/ports/near-node.ts";
import { BlockUnknown, RpcUnavailable } from "../src/core/ports/near-node.ts";
import { Follower } from "../src/shell/chain/follower.ts";

/** A chain that tests grow by hand. Block `a12` is block 12 of fork `a`. */
class ScriptedNode {
  isFresh = true;
  readonly blocks = new Map<string, Block>();
  readonly asked: string[] = [];
  head = "";
  away = false;
  #held: { readonly hash: string; readonly begun: () => void; readonly released: Promise<void> } | undefined;

  /** Lets the next question for a block wait. */
  hold(hash: string): { readonly begun: Promise<void>; goOn(): void } {
    const begun = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    this.#held = { hash, begun: begun.resolve, released: released.promise };
    return { begun: begun.promise, goOn: released.resolve };
  }

  grow(fork: string, from: number, to: number, parent = `${fork}${from - 1}`): void {
    for (let height = from; height <= to; height += 1) {
      const prevHash = height === from ? parent : `${fork}${height - 1}`;
      const lastFinalHash = this.blocks.get(prevHash)?.prevHash ?? prevHash;
      const block = {
        height,
        hash: `${fork}${height}`,
        prevHash,
        lastFinalHash,
        timeMs: height,
        gasPrice: 1n,
        chunkHashes: [],
      };
      this.blocks.set(block.hash, block);
    }
    this.head = `${fork}${to}`;
  }

  async block(wanted: BlockWanted): Promise<Block> {
    if (this.away) throw new RpcUnavailable("away");
    const hash = "finality" in wanted ? this.head : "hash" in wanted ? wanted.hash : this.#canonical(wanted.height);
    if (!("finality" in wanted)) this.asked.push(hash);
    if (this.#held?.hash === hash) {
      const held = this.#held;
      this.#held = undefined;
      held.begun();
      await held.released;
    }
    const block = this.blocks.get(hash);
    if (block === undefined) throw new Error(`no block ${hash}`);
    return block;
  }

  #canonical(height: number): string {
    let block = this.blocks.get(this.head);
    while (block !== undefined && block.height > height) block = this.blocks.get(block.prevHash);
    // A height that the chain leaves out is unknown to nodes, as is one that is still to come.
    if (block?.height !== height) throw new BlockUnknown(`no block at ${height}`);
    return block.hash;
  }
}

describe("following the chain", () => {
  let node: ScriptedNode;
  let follower: Follower;
  let time: VirtualTime;

  /** Lets the follower poll once. */
  async function poll(): Promise<void> {
    const change = Notifier.next([follower.changes], new AbortController().signal);
    time.fire();
    await change;
  }

  beforeEach(async () => {
    node = new ScriptedNode();
    node.grow("a", 1, 10, "root");
    time = virtualTime();
    follower = new Follower(
      node as unknown as NearNode,
      { ...systemPorts(), clock: time.clock, timers: time.timers },
      createLogger("test", "silent"),
      1,
    );
    const change = Notifier.next([follower.changes], new AbortController().signal);
    follower.start();
    await change;
  });
  afterEach(() => follower.stop());

  it("knows head and final block, and where every block since its begin stands", () => {
    assert.equal(follower.heads?.optimistic.hash, "a10");
    assert.equal(follower.heads?.final.hash, "a8");
    assert.deepEqual(follower.place("a10"), { height: 10, state: "head" });
    assert.deepEqual(follower.place("a8"), { height: 8, state: "final" });
    assert.equal(follower.place("a3"), undefined);
  });

  it("catches up with blocks that it missed, one request each", async () => {
    node.grow("a", 11, 15);
    node.asked.length = 0;
    await poll();
    assert.deepEqual(node.asked, ["a14", "a13", "a12", "a11"]);
    assert.deepEqual(follower.place("a12"), { height: 12, state: "final" });
  });

  it("sees that a block has lost its place, and that it got it back (rule: ids-of-a-lost-fork-are-withdrawn)", async () => {
    node.grow("b", 10, 11, "a9");
    await poll();
    assert.deepEqual(follower.place("a10"), { height: 10, state: "forked" });
    assert.deepEqual(follower.place("b10"), { height: 10, state: "head" });
    node.grow("a", 11, 12);
    await poll();
    assert.deepEqual(follower.place("a10"), { height: 10, state: "final" });
    assert.deepEqual(follower.place("b11"), { height: 11, state: "forked" });
  });

  it("sees it too where the winning fork leaves heights out (rule: ids-of-a-lost-fork-are-withdrawn)", async () => {
    const parent = node.blocks.get("a9");
    assert.ok(parent);
    const late = { ...parent, height: 12, hash: "b12", prevHash: "a9", lastFinalHash: "a8" };
    node.blocks.set("b12", late);
    node.head = "b12";
    await poll();
    assert.deepEqual(follower.place("a10"), { height: 10, state: "forked" });
    assert.deepEqual(follower.place("b12"), { height: 12, state: "head" });
  });

  it("lists final blocks above a height in their order, without those of a lost fork and heights left out", async () => {
    assert.deepEqual(follower.finalAbove(8), []);
    node.grow("b", 10, 10, "a9");
    await poll();
    const parent = node.blocks.get("a10");
    assert.ok(parent);
    node.blocks.set("a13", { ...parent, height: 13, hash: "a13", prevHash: "a10", lastFinalHash: "a8" });
    node.grow("a", 14, 17);
    await poll();
    const above = follower.finalAbove(8)?.map(({ hash }) => hash);
    assert.deepEqual(above, ["a9", "a10", "a13", "a14", "a15"]);
    assert.deepEqual(follower.finalAbove(15), []);
  });

  it("says of heights before its window that it cannot list what followed", async () => {
    node.grow("a", 11, 300);
    await poll();
    assert.equal(follower.heads?.final.hash, "a298");
    assert.equal(follower.finalAbove(8), undefined);
    assert.equal(follower.finalAbove(296), undefined);
    assert.deepEqual(
      follower.finalAbove(297)?.map(({ hash }) => hash),
      ["a298"],
    );
  });

  it("knows a block of a lost fork that another node showed", async () => {
    node.grow("b", 10, 10, "a9");
    node.head = "a10";
    await follower.learn(["b10"]);
    assert.deepEqual(follower.place("b10"), { height: 10, state: "forked" });
  });

  it("tells the chain's time by its head, and by what has passed since that was seen", async () => {
    const headMs = follower.heads?.optimistic.timeMs ?? 0;
    assert.equal(follower.timeMs, headMs);
    time.advance(3000);
    assert.equal(follower.timeMs, headMs + 3000);
    node.grow("a", 11, 11);
    await poll();
    assert.equal(follower.timeMs, follower.heads?.optimistic.timeMs);
  });

  it("says once that the host's clock and the chain's differ, and once that they agree again", async () => {
    const logs: string[] = [];
    const logger = createLogger("test", "info", { write: (line: string) => void logs.push(JSON.parse(line).msg) });
    const ports = { ...systemPorts(), clock: time.clock, timers: time.timers };
    const growAt = (height: number, timeMs: number) => {
      node.grow("a", height, height);
      const block = node.blocks.get(`a${height}`);
      assert.ok(block);
      node.blocks.set(block.hash, { ...block, timeMs });
    };
    growAt(11, time.clock.now() + 10_001);
    await follower.stop();
    follower = new Follower(node as unknown as NearNode, ports, logger, 1);
    const change = Notifier.next([follower.changes], new AbortController().signal);
    follower.start();
    await change;
    growAt(12, time.clock.now() - 10_001);
    await poll();
    growAt(13, time.clock.now() - 1000);
    await poll();
    assert.deepEqual(logs, [
      "the host's clock and the chain's differ: time is counted by the chain's",
      "the host's clock and the chain's agree again",
    ]);
  });

  it("is not led back by a node that lags behind", async () => {
    node.grow("a", 11, 15);
    await poll();
    node.head = "a12";
    await poll();
    assert.equal(follower.heads?.optimistic.hash, "a15");
  });

  it("is not led back behind where it began either, nor asks for what lies there", async () => {
    node.grow("a", 11, 300);
    await poll();
    node.asked.length = 0;
    node.head = "a190";
    await poll();
    assert.deepEqual(node.asked, []);
    node.grow("a", 301, 302);
    await poll();
    assert.equal(follower.heads?.optimistic.hash, "a302");
    assert.deepEqual(follower.place("a299"), { height: 299, state: "final" });
  });

  it("does not give up what is final for what one node says", async () => {
    node.grow("b", 7, 12, "a6");
    await poll();
    assert.equal(follower.heads?.optimistic.hash, "a10");
    assert.deepEqual(follower.place("a8"), { height: 8, state: "final" });
  });

  it("looks older blocks up, and tells those of the chain from those that lost", async () => {
    node.grow("c", 4, 4, "a3");
    node.head = "a10";
    await follower.learn(["a3", "c4"]);
    assert.deepEqual(follower.place("a3"), { height: 3, state: "final" });
    assert.deepEqual(follower.place("c4"), { height: 4, state: "forked" });
  });

  it("waits for the head once, however many blocks it looks up", async () => {
    const looked = node.hold("a3");
    const learnt = follower.learn(["a3", "a4"]);
    await looked.begun;
    const head = node.hold("a10");
    time.fire();
    await head.begun;
    looked.goOn();
    for (let times = 0; times < 10; times += 1) await new Promise(setImmediate);
    const place = follower.place("a4");
    head.goOn();
    await learnt;
    assert.deepEqual(place, { height: 4, state: "final" });
  });

  it("sees that an older block lost its place to a fork that left its height out (rule: dead-needs-a-final-ground)", async () => {
    const parent = node.blocks.get("a10");
    assert.ok(parent);
    for (const [hash, height, prevHash] of [
      ["b11", 11, "a10"],
      ["b12", 12, "b11"],
      ["c13", 13, "a10"],
    ] as const) {
      node.blocks.set(hash, { ...parent, hash, height, prevHash });
    }
    node.grow("c", 14, 300);
    await poll();
    await follower.learn(["a10", "b11", "b12", "c13"]);
    assert.deepEqual(follower.place("a10"), { height: 10, state: "final" });
    assert.deepEqual(follower.place("b11"), { height: 11, state: "forked" });
    assert.deepEqual(follower.place("b12"), { height: 12, state: "forked" });
    assert.deepEqual(follower.place("c13"), { height: 13, state: "final" });
  });

  it("remembers of older blocks the latest that were asked for, and no more of them than so many", async () => {
    const base = node.blocks.get("a3");
    assert.ok(base);
    const forked = Array.from({ length: 10_001 }, (_, index) => `d${index}`);
    for (const hash of forked) node.blocks.set(hash, { ...base, hash });
    await follower.learn(forked);
    assert.equal(follower.place("d0"), undefined);
    assert.deepEqual(follower.place("d1"), { height: 3, state: "forked" });
    assert.deepEqual(follower.place("d10000"), { height: 3, state: "forked" });
    await follower.learn(["d0"]);
    assert.deepEqual(follower.place("d0"), { height: 3, state: "forked" });
    assert.equal(follower.place("d2"), undefined, "d1 was asked for since, d2 was not");
    assert.deepEqual(follower.place("d1"), { height: 3, state: "forked" });
  });

  it("begins anew after a long gap, and takes nothing before it for forked", async () => {
    await follower.learn(["a9"]);
    node.grow("a", 11, 300);
    node.asked.length = 0;
    await poll();
    assert.deepEqual(node.asked, ["a299", "a298"], "what lies in between is not asked for");
    assert.equal(follower.heads?.optimistic.hash, "a300");
    assert.equal(follower.place("a9"), undefined);
    await follower.learn(["a9"]);
    assert.deepEqual(follower.place("a9"), { height: 9, state: "final" });
  });

  it("says since when nothing answers, and goes on by itself", async () => {
    node.away = true;
    await poll();
    assert.notEqual(follower.awaySinceMs, undefined);
    assert.equal(follower.isCurrent, false);
    assert.equal(follower.heads?.optimistic.hash, "a10");
    node.away = false;
    node.grow("a", 11, 12);
    await poll();
    assert.equal(follower.awaySinceMs, undefined);
    assert.equal(follower.isCurrent, true);
    assert.equal(follower.heads?.optimistic.hash, "a12");
  });

  it("says that its heads are old from the outage on until it has caught up, and after it has stood still", async () => {
    node.away = true;
    await poll();
    node.away = false;
    node.grow("a", 11, 13);
    const asked = node.hold("a12");
    time.fire();
    await asked.begun;
    assert.equal(follower.isCurrent, false, "the node answers, and the heads are as before");
    asked.goOn();
    while (!follower.isCurrent) await new Promise(setImmediate);
    assert.equal(follower.heads?.optimistic.hash, "a13");
    time.advance(5_001);
    assert.equal(follower.isCurrent, false);
    await poll();
    assert.equal(follower.isCurrent, true);
  });

  it("says that its heads are old where no endpoint is fresh", async () => {
    node.isFresh = false;
    time.advance(5_001);
    await poll();
    assert.equal(follower.isCurrent, false);
    assert.equal(follower.heads?.optimistic.hash, "a10");
    node.isFresh = true;
    await poll();
    assert.equal(follower.isCurrent, true);
  });
});
