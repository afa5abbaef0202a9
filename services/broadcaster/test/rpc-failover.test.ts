import assert from "node:assert/strict";
import { createLogger } from "@outlayer/kit";
import { virtualTime } from "../../../packages/kit/test/support/virtual-time.ts";
import { RpcClient } from "../src/adapters/near/rpc-client.ts";
import { RpcRefused, RpcUnavailable } from "../src/core/ports/near-node.ts";
import { type Answer, nodeError, reset, result, TwoNodes } from "./support/scripted-node.ts";

const raw =
  (status: number, body: string, headers: Record<string, string> = {}): Answer =>
  (_method, response) =>
    void response.writeHead(status, headers).end(body);

/** Waits for what the node has to see. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

describe("the RPC client", () => {
  const suite = new TwoNodes();
  const { first, second, ports, client } = suite;

  it("asks the first endpoint, after making sure once that it is of the right network", async () => {
    const rpc = client(first, second);
    await rpc.call("a", {});
    await rpc.call("b", {});
    assert.deepEqual(first.asked, ["status", "a", "b"]);
    assert.deepEqual(second.asked, []);
  });

  it("never uses an endpoint of another network, and says so once", async () => {
    first.chainId = "mainnet";
    const rpc = client(first);
    await assert.rejects(rpc.call("send_tx", {}), RpcUnavailable);
    suite.nowMs += 60_000;
    await assert.rejects(rpc.call("send_tx", {}), RpcUnavailable);
    assert.deepEqual(first.asked, ["status"]);
    assert.equal(suite.logs.filter((line) => line.includes("another network")).length, 1);
    assert.ok(!suite.logs.join().includes(first.url), "no URL in the log: it may hold a key");
  });

  const noAnswers: readonly [string, Answer][] = [
    ["a dropped connection", reset],
    ["HTML with status 200", raw(200, "<html>")],
    ["HTML with status 502", raw(502, "<html>")],
    ["429", raw(429, "{}")],
    ["500 with JSON", nodeError("UNKNOWN_BLOCK", 500)],
    ["neither result nor error", raw(200, "{}")],
    ["a provider's refusal of its key", raw(401, JSON.stringify({ error: "unauthorized" }))],
    [
      "the same as JSON-RPC",
      raw(403, JSON.stringify({ error: { code: -32000, message: "no such key", data: "key" } })),
    ],
    ["a provider's limit with status 200", raw(200, JSON.stringify({ error: { code: -32005, message: "slow down" } }))],
    [
      "the same with text as data, as a contract's answer has it",
      raw(200, JSON.stringify({ error: { code: 429, message: "Too many requests", data: "limit of 10/s reached" } })),
    ],
    [
      "a provider's limit with a code of JSON-RPC's servers",
      raw(200, JSON.stringify({ error: { code: -32000, message: "rate limited", data: "wait 1 s" } })),
    ],
    [
      "a provider's limit that names a cause",
      raw(200, JSON.stringify({ error: { code: -32005, message: "x", cause: { name: "RATE_LIMITED" } } })),
    ],
    ["a node that could not find out", nodeError("TIMEOUT_ERROR")],
    ["a node that is behind", nodeError("NOT_SYNCED_YET")],
    ["a node that does not track the shard", nodeError("DOES_NOT_TRACK_SHARD")],
  ];

  for (const [name, answer] of noAnswers) {
    it(`fails over on ${name}, and knows nothing when all are like that`, async () => {
      const rpc = client(first, second);
      first.answer = answer;
      second.answer = result("theirs");
      assert.equal(await rpc.call("a", {}), "theirs");
      second.answer = answer;
      await assert.rejects(rpc.call("a", {}), RpcUnavailable);
    });
  }

  it("rests for questions about accounts of a shard that it does not track, and for no others", async () => {
    const rpc = client(first, second);
    const about = (account: string, method = "query") => rpc.call(method, { account_id: account });
    first.answer = nodeError("UNAVAILABLE_SHARD");
    assert.deepEqual(await about("a.near"), {});
    first.answer = result("first");
    first.asked.length = 0;
    assert.deepEqual(await about("a.near"), {});
    assert.deepEqual(first.asked, []);
    assert.equal(await about("b.near"), "first");
    assert.equal(await about("a.near", "EXPERIMENTAL_tx_status"), "first");
    assert.equal(await rpc.call("block", {}), "first");
    suite.nowMs += 5_000;
    assert.equal(await about("a.near"), "first");
  });

  it("takes a node's own error for an answer", async () => {
    first.answer = nodeError("UNKNOWN_BLOCK");
    const error = await client(first, second)
      .call("block", {})
      .catch((caught) => caught);
    assert.ok(error instanceof RpcRefused);
    assert.equal(error.causeName, "UNKNOWN_BLOCK");
    assert.deepEqual(second.asked, []);
  });

  it("takes a node's own error for an answer with whatever status below 500, and one of older nodes, which name no cause", async () => {
    first.answer = nodeError("UNKNOWN_BLOCK", 400);
    await assert.rejects(client(first, second).call("block", {}), RpcRefused);
    const error = { code: -32000, message: "Server error", data: "Transaction abc doesn't exist" };
    first.answer = raw(200, JSON.stringify({ jsonrpc: "2.0", id: 1, error }));
    await assert.rejects(client(first, second).call("tx", {}), /Transaction abc doesn't exist/);
    assert.deepEqual(second.asked, []);
  });

  it("rests until the date that an endpoint names", async () => {
    const rpc = client(first, second);
    suite.nowMs = Date.UTC(2026, 3, 24, 12);
    first.answer = raw(429, "", { "retry-after": new Date(suite.nowMs + 30_000).toUTCString() });
    await rpc.call("a", {});
    suite.nowMs += 29_000;
    await rpc.call("b", {});
    assert.equal(first.asked.at(-1), "a");
    suite.nowMs += 5_000;
    await rpc.call("c", {});
    assert.equal(first.asked.at(-1), "c");
  });

  it("lets an endpoint rest after a failure, longer each time, and as long as it asks for", async () => {
    const rpc = client(first, second);
    await rpc.call("a", {});
    first.answer = reset;
    await rpc.call("b", {});
    await rpc.call("c", {});
    assert.deepEqual(first.asked, ["status", "a", "b"], "it rests");
    suite.nowMs += 5000;
    first.answer = raw(429, "", { "retry-after": "30" });
    await rpc.call("d", {});
    suite.nowMs += 20_000;
    await rpc.call("e", {});
    assert.equal(first.asked.at(-1), "d");
    suite.nowMs += 13_001;
    first.answer = result({});
    await rpc.call("f", {});
    assert.equal(first.asked.at(-1), "f");
  });

  it("asks again when the time has come that an endpoint named, however often it has failed before", async () => {
    const rpc = client(first, second);
    first.answer = raw(429, "", { "retry-after": "1" });
    for (const method of ["a", "b", "c", "d", "e", "f", "g"]) {
      suite.nowMs += 1101;
      await rpc.call(method, {});
    }
    assert.equal(first.asked.filter((method) => method === "status").length, 1, "the network is known");
    assert.deepEqual(first.asked.slice(1), ["a", "b", "c", "d", "e", "f", "g"]);
    suite.nowMs += 999;
    await rpc.call("h", {});
    assert.equal(first.asked.at(-1), "g");
  });

  it("asks an endpoint that had failed with one call, and the others elsewhere until that is answered", async () => {
    const rpc = client(first, second);
    first.answer = reset;
    await rpc.call("a", {});
    suite.nowMs += 5000;
    const release = first.hold("back");
    const probe = rpc.call("b", {});
    await until(() => first.asked.includes("b"));
    second.answer = result("elsewhere");
    assert.deepEqual(await Promise.all([rpc.call("c", {}), rpc.call("d", {})]), ["elsewhere", "elsewhere"]);
    assert.ok(!first.asked.includes("c") && !first.asked.includes("d"));
    release();
    assert.equal(await probe, "back");
    first.answer = result("back");
    assert.equal(await rpc.call("e", {}), "back");
  });

  it("lets the others wait for that call where there is no other endpoint", async () => {
    const rpc = client(first);
    first.answer = reset;
    await assert.rejects(rpc.call("a", {}), RpcUnavailable);
    suite.nowMs += 5000;
    const release = first.hold("back");
    const probe = rpc.call("b", {});
    await until(() => first.asked.includes("b"));
    const waiting = rpc.call("c", {});
    first.answer = result("too");
    release();
    assert.deepEqual(await Promise.all([probe, waiting]), ["back", "too"]);
    first.answer = reset;
    await assert.rejects(rpc.call("d", {}), RpcUnavailable);
    suite.nowMs += 5000;
    const both = await Promise.allSettled([rpc.call("e", {}), rpc.call("f", {})]);
    assert.deepEqual(
      both.map(({ status }) => status),
      ["rejected", "rejected"],
    );
    assert.ok(!first.asked.includes("f"), "the probe has told");
  });

  it("takes many calls that fail at once for one failure", async () => {
    const rpc = client(first, second);
    await rpc.call("a", {});
    first.answer = reset;
    await Promise.all(["b", "c", "d", "e", "f", "g"].map((method) => rpc.call(method, {})));
    suite.nowMs += 251;
    first.answer = result("back");
    assert.equal(await rpc.call("h", {}), "back");
  });

  it("asks once of which network an endpoint is, and hands in nothing before it is known", async () => {
    const rpc = client(first);
    await Promise.all([rpc.call("send_tx", {}), rpc.call("send_tx", {}), rpc.call("block", {})]);
    assert.equal(first.asked[0], "status");
    assert.deepEqual([...first.asked].sort(), ["block", "send_tx", "send_tx", "status"]);
  });

  it("concludes from all endpoints only when all have answered", async () => {
    const rpc = client(first, second);
    const answered = { answer: {}, isFresh: true };
    assert.deepEqual(await rpc.everyEndpoint((call) => call("a", {})), [answered, answered]);
    second.answer = reset;
    await assert.rejects(
      rpc.everyEndpoint((call) => call("a", {})),
      RpcUnavailable,
    );
  });

  describe("asked for a view of a stranger's contract", () => {
    const foreign: [string, object][] = [
      ["answers hugely", raw(200, `{"result":"${"x".repeat(1_000_000)}"}`)],
      ["breaks the connection", reset],
      ["answers 429", raw(429, "{}", { "retry-after": "60" })],
      ["answers 500", raw(500, "{}")],
      ["could not find out", nodeError("TIMEOUT_ERROR")],
    ].map(([name, answer]) => [name as string, { answer }]);
    for (const [name, { answer }] of foreign as [string, { answer: Answer }][]) {
      it(`is not called away when it ${name}`, async () => {
        const rpc = client(first);
        await rpc.call("a", {});
        first.answer = answer;
        const { kind } = await rpc.callForeign("query", {});
        assert.equal(kind, name === "answers hugely" ? "too_large" : "no_answer");
        assert.deepEqual(suite.logs, []);
        first.answer = result("fine");
        assert.equal(await rpc.call("b", {}), "fine");
      });
    }

    it("is given up in time and tries, and is not called away", async () => {
      const time = virtualTime();
      const logger = createLogger("test", "trace", { write: (line) => void suite.logs.push(line) });
      const rpc = new RpcClient({ urls: [first.url], chainId: "test" }, { ...ports, timers: time.timers }, logger);
      await rpc.call("a", {});
      first.hold("late");
      const answer = rpc.callForeign("query", {});
      for (const tried of [1, 2]) {
        await until(() => first.asked.filter((method) => method === "query").length === tried);
        time.fire();
      }
      assert.deepEqual(await answer, { kind: "no_answer" });
      assert.deepEqual(suite.logs, []);
    });

    it("is asked only where it is known to answer", async () => {
      await assert.rejects(client(first).callForeign("query", {}), RpcUnavailable);
      assert.deepEqual(first.asked, []);
    });
  });

  it("calls an endpoint away that answers hugely where its answer is its own", async () => {
    const rpc = client(first, second);
    first.answer = raw(200, `{"result":"${"x".repeat(3_000_000)}"}`);
    second.answer = result("fine");
    assert.equal(await rpc.call("block", {}), "fine");
    assert.equal(await rpc.call("block", {}), "fine");
    assert.deepEqual(first.asked, ["status", "block"]);
  });

  it("goes on asking an endpoint whose answer strangers made that long", async () => {
    const rpc = client(first);
    first.answer = raw(200, `{"result":"${"x".repeat(5_000_000)}"}`);
    await assert.rejects(rpc.call("query", {}), RpcUnavailable);
    assert.deepEqual(suite.logs, []);
    first.answer = result("fine");
    assert.equal(await rpc.call("query", {}), "fine");
  });
});
