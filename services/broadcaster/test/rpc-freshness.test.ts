import assert from "node:assert/strict";
import { createLogger } from "@outlayer/kit";
import { FinalHeads, Freshness } from "../src/adapters/near/rpc-freshness.ts";
import { RpcNearNode } from "../src/adapters/near/rpc-near-node.ts";
import { RpcUnavailable } from "../src/core/ports/near-node.ts";
import { rpcCheck } from "../src/shell/checks/gate-checks.ts";
import { type Answer, isUnknown, nodeError, reset, result, TwoNodes } from "./support/scripted-node.ts";

/** Milliseconds between two blocks of the chain. */
const blockMs = 600;

/** A header of the chain, whose blocks are final two blocks later. */
function blockAt(height: number, timeMs = height * blockMs): object {
  const [hash, prev_hash, last_final_block] = [height, height - 1, height - 2].map((one) => `h${one}`);
  const header = { height, hash, prev_hash, last_final_block, timestamp: timeMs * 1_000_000, gas_price: "1" };
  return { header, chunks: [] };
}

const unknown = nodeError("UNKNOWN_TRANSACTION");

/** A node whose final head is at `height`. */
function at(height: number, others: Answer = unknown): Answer {
  return (method, response, params) => {
    if (method !== "block") return others(method, response, params);
    const { finality, block_id: id } = params as { finality?: string; block_id?: string };
    const asked = id === undefined ? height + (finality === "final" ? 0 : 2) : Number(id.slice(1));
    return result(blockAt(asked))(method, response);
  };
}

describe("an endpoint", () => {
  const suite = new TwoNodes();
  const { first, second, client } = suite;
  const near = (...nodes: readonly (typeof first)[]) => new RpcNearNode(client(...nodes));

  const lines = (text: string) => suite.logs.filter((line) => line.includes(text));
  const stale = "RPC endpoint is not fresh";
  const again = "RPC endpoint is fresh again";

  /** Follows the chain until the log has a line, for looks at other endpoints go on beside the call that begins them. */
  async function followUntil(node: RpcNearNode, text: string): Promise<void> {
    while (lines(text).length === 0) await node.block({ finality: "final" }).catch(() => {});
  }

  /** Which of the two a call of the node reaches. */
  async function usedBy(node: RpcNearNode): Promise<string> {
    const count = () => [first, second].map(({ asked }) => asked.filter((method) => method.startsWith("EXP")).length);
    const before = count();
    await node.transaction("hash", "a.near");
    return count()
      .map((calls, index) => (calls > (before[index] ?? 0) ? ["first", "second"][index] : ""))
      .join("");
  }

  /** A client of both nodes, the first of which lags behind the second, and is known to. */
  async function firstLags(): Promise<RpcNearNode> {
    first.answer = at(100);
    second.answer = at(121);
    const node = near(first, second);
    suite.nowMs += 5_000;
    await followUntil(node, stale);
    return node;
  }

  describe("is judged by its final head", () => {
    const final = (height: number, timeMs = height * blockMs) => ({ height, timeMs });
    function judged(...seen: { head: ReturnType<typeof final>; best?: ReturnType<typeof final>; askedMs?: number }[]) {
      const one = new Freshness("#1", createLogger("test", "silent"));
      for (const { head, best, askedMs = 0 } of seen) one.saw(head, { ms: askedMs, best }, askedMs);
      return one.isStale;
    }

    it("and may be 20 blocks behind the best seen, and no more", () => {
      assert.equal(judged({ head: final(100), best: final(120) }), false);
      assert.equal(judged({ head: final(100), best: final(121) }), true);
    });

    it("and may be 30 s behind it in the blocks' time, and no more", () => {
      assert.equal(judged({ head: final(100, 0), best: final(101, 30_000) }), false);
      assert.equal(judged({ head: final(100, 0), best: final(101, 30_001) }), true);
    });

    it("and may stand still for 30 s, and no more", () => {
      const began = { head: final(100) };
      assert.equal(judged(began, { head: final(100), askedMs: 30_000 }), false);
      assert.equal(judged(began, { head: final(100), askedMs: 30_001 }), true);
      assert.equal(judged(began, { head: final(101), askedMs: 600_000 }), false, "nobody asked meanwhile");
      assert.equal(judged(began, { head: final(100), askedMs: 30_001 }, { head: final(101), askedMs: 30_002 }), false);
    });

    it("and not by an answer that waited in a process that stood still", () => {
      const one = new Freshness("#1", createLogger("test", "silent"));
      one.saw(final(100), { ms: 0, best: undefined }, 0);
      one.saw(final(100), { ms: 10, best: undefined }, 600_000);
      assert.equal(one.isStale, false);
    });

    it("and not by a node behind the same URL that is not as far as another one there", () => {
      assert.equal(judged({ head: final(100) }, { head: final(70), best: final(100) }), false);
    });

    it("which an optimistic head names by a hash that was seen before", () => {
      const heads = new FinalHeads();
      assert.equal(heads.read({ finality: "optimistic" }, blockAt(100)), undefined);
      assert.equal(heads.read({ block_id: "h99" }, blockAt(99)), undefined);
      assert.deepEqual(heads.read({ finality: "optimistic" }, blockAt(101)), { height: 99, timeMs: 99 * blockMs });
      assert.equal(heads.best?.height, 99);
      assert.equal(heads.read({ finality: "final" }, { header: {} }), undefined);
    });
  });

  describe("that lags behind", () => {
    it("rests, and another is asked, until it is near the best seen again; the log says so once each", async () => {
      const node = await firstLags();
      assert.equal(await usedBy(node), "second");
      for (let look = 0; look < 3; look += 1) {
        suite.nowMs += 5_000;
        await node.block({ finality: "final" });
      }
      assert.equal(lines(stale).length, 1);
      assert.match(lines(stale).join(), /"endpoint":"#1".*lags behind/);
      assert.ok(!suite.logs.join().includes(first.url), "no URL in the log: it may hold a key");
      first.answer = at(121);
      suite.nowMs += 5_000;
      await followUntil(node, again);
      assert.equal(await usedBy(node), "first");
      assert.equal(lines(again).length, 1);
      assert.equal(lines(stale).length, 1);
    });

    it("answers nothing while a fresh one gives no answer", async () => {
      const node = await firstLags();
      second.answer = reset;
      await assert.rejects(node.transaction("hash", "a.near"), RpcUnavailable);
    });
  });

  describe("that answers and stands still", () => {
    it("is left for one that moves", async () => {
      first.answer = second.answer = at(100);
      const node = near(first, second);
      for (let height = 100; lines(stale).length === 0; height += 1) {
        second.answer = at(height);
        await node.block({ finality: "optimistic" });
        suite.nowMs += blockMs;
        assert.ok(height < 160, "within 36 s");
      }
      assert.equal(await usedBy(node), "second");
    });

    it("is an outage within 40 s where it is the only one, is still read, and serves again once it moves", async () => {
      first.answer = at(100);
      const rpc = client(first);
      const node = new RpcNearNode(rpc);
      const beganMs = suite.nowMs;
      await node.block({ finality: "optimistic" });
      // As the follower does when it begins.
      await node.block({ hash: "h100" });
      while (rpc.dependency.required === undefined) {
        assert.equal((await node.block({ finality: "optimistic" })).height, 102);
        suite.nowMs += blockMs;
        assert.ok(suite.nowMs - beganMs < 40_000, "not yet an outage");
      }
      assert.deepEqual(rpc.dependency, { name: "near_rpc", state: "away", required: true });
      assert.equal(node.isFresh, false);
      assert.match(lines(stale).join(), /"endpoint":"#1".*stands still/);
      assert.equal(await node.transaction("hash", "a.near"), undefined);
      assert.equal(await isUnknown(node, 100), false);
      first.answer = at(101);
      suite.nowMs += 5_000;
      await followUntil(node, again);
      assert.deepEqual(rpc.dependency, { name: "near_rpc", state: "ok" });
      assert.equal(node.isFresh, true);
      assert.equal(lines(stale).length, 1);
    });

    it("is read while none is fresh only where it has the best final head", async () => {
      first.answer = at(100);
      second.answer = at(110);
      const node = near(first, second);
      for (let ms = 0; lines(stale).length < 2; ms += blockMs) {
        suite.nowMs += blockMs;
        await node.block({ finality: "final" });
        assert.ok(ms < 60_000);
      }
      assert.equal(await usedBy(node), "second");
    });
  });

  it("that is the only one and stands still fails preflight", async () => {
    const node = { isFresh: true };
    const readings = { head: async () => ({ height: 7 }), sources: { config: { chainId: "test" }, node } };
    const { ok } = await rpcCheck.find(readings as never);
    node.isFresh = false;
    assert.deepEqual(await rpcCheck.find(readings as never), {
      ok: !ok,
      expected: "test",
      actual: "no fresh endpoint",
      message: "NEAR's RPC answers, and its final block stands still or is far behind, at 7",
    });
  });

  describe("asked with the others for a transaction (rule: dead-is-unknown-to-every-endpoint)", () => {
    const known = result({ transaction_outcome: { id: "t", block_hash: "b", outcome: {} } });

    it("counts for nothing while it lags behind, unless it knows the transaction", async () => {
      const node = await firstLags();
      assert.equal(await isUnknown(node, 121), true);
      first.answer = at(100, reset);
      assert.equal(await isUnknown(node, 121), true);
      first.answer = at(100, known);
      assert.equal(await isUnknown(node, 121), false);
    });

    it("holds up the answer for 200 blocks after it went away, and no longer", async () => {
      first.answer = at(100);
      second.answer = reset;
      const node = near(first, second);
      await assert.rejects(isUnknown(node, 100), RpcUnavailable);
      first.answer = at(299);
      await assert.rejects(isUnknown(node, 100), RpcUnavailable);
      first.answer = at(300);
      assert.equal(await isUnknown(node, 100), true);
    });

    it("is away from the first call without an answer on, whatever the call was for", async () => {
      first.answer = at(100);
      second.answer = reset;
      const node = near(first, second);
      await node.block({ finality: "final" });
      suite.nowMs += 5_000;
      await followUntil(node, "RPC endpoint gives no answer");
      first.answer = at(300);
      assert.equal(await isUnknown(node, 100), true);
    });

    it("is away anew after an answer", async () => {
      first.answer = at(100);
      second.answer = reset;
      const node = near(first, second);
      await assert.rejects(isUnknown(node, 100), RpcUnavailable);
      first.answer = second.answer = at(250);
      assert.equal(await isUnknown(node, 100), true);
      first.answer = at(260);
      second.answer = reset;
      await assert.rejects(isUnknown(node, 100), RpcUnavailable);
      first.answer = at(310);
      await assert.rejects(isUnknown(node, 100), RpcUnavailable);
    });

    it("says nothing where it does not track the shard, and the others must have answered", async () => {
      first.answer = at(100);
      second.answer = at(100, nodeError("UNAVAILABLE_SHARD"));
      assert.equal(await isUnknown(near(first, second), 100), true);
      first.answer = second.answer;
      assert.equal(await isUnknown(near(first, second), 100), false);
    });

    it("says nothing where it is of another network", async () => {
      first.answer = at(100);
      second.answer = at(100, known);
      second.chainId = "mainnet";
      const node = near(first, second);
      await assert.rejects(isUnknown(node, 100), RpcUnavailable);
      assert.equal(await isUnknown(node, 100), true);
    });

    it("holds up the answer for as long as it lives where what it knows is too long to be read", async () => {
      first.answer = at(100);
      second.answer = at(100, result(Array(1_500_000).fill("unread")));
      const node = near(first, second);
      for (const height of [100, 400]) {
        first.answer = at(height);
        await assert.rejects(isUnknown(node, 100), RpcUnavailable);
      }
    });
  });

  describe("is sent a transaction together with another one", () => {
    const send = (node: RpcNearNode) => node.send(Uint8Array.of(1));
    const sentTo = () => [first, second].map(({ asked }) => asked.includes("send_tx"));

    it("and one of the two that takes it is enough", async () => {
      for (const answer of [reset, nodeError("INVALID_TRANSACTION")]) {
        first.answer = answer;
        await send(near(first, second));
        assert.deepEqual(sentTo(), [true, true]);
        first.answer = result({});
        second.answer = answer;
        await send(near(first, second));
      }
    });

    it("and neither is waited for once the other has taken it", async () => {
      first.hold({});
      await send(near(first, second));
      assert.deepEqual(sentTo(), [true, true]);
    });

    it("and it is unknown whether it arrived where neither answers", async () => {
      first.answer = second.answer = reset;
      await assert.rejects(send(near(first, second)), RpcUnavailable);
    });

    it("but not where it lags behind", async () => {
      const node = await firstLags();
      second.answer = result({});
      await send(node);
      assert.deepEqual(sentTo(), [false, true]);
    });
  });
});
