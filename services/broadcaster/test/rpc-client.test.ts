import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createLogger, type Ports, systemPorts, urlOf } from "@outlayer/kit";
import { RpcClient } from "../src/adapters/near/rpc-client.ts";
import { RpcNearNode } from "../src/adapters/near/rpc-near-node.ts";
import { RpcRefused, RpcUnavailable, ViewFailed } from "../src/core/ports/near-node.ts";

type Answer = (method: string, response: ServerResponse) => void;

/** A node that answers as the test says. */
class ScriptedNode {
  readonly asked: string[] = [];
  answer: Answer = result({});
  chainId = "test";
  #server: Server | undefined;

  async start(): Promise<void> {
    this.#server = createServer((request, response) => void this.#handle(request, response));
    await new Promise<void>((resolve) => this.#server?.listen(0, "127.0.0.1", resolve));
  }

  get url(): string {
    return this.#server === undefined ? "" : urlOf(this.#server);
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  /** Answers nothing. @returns what answers the last call that came */
  hold(value: unknown): () => void {
    let release = () => {};
    this.answer = (method, response) => {
      release = () => result(value)(method, response);
    };
    return () => release();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { method } = JSON.parse(body);
    this.asked.push(method);
    if (method === "status") result({ chain_id: this.chainId })(method, response);
    else this.answer(method, response);
  }
}

function result(value: unknown): Answer {
  return (_method, response) => json(response, 200, { jsonrpc: "2.0", id: 1, result: value });
}

function nodeError(cause: string, status = 200): Answer {
  const error = {
    name: "HANDLER_ERROR",
    cause: { name: cause, info: {} },
    code: -32000,
    message: "Server error",
    data: "said so",
  };
  return (_method, response) => json(response, status, { jsonrpc: "2.0", id: 1, error });
}

const raw =
  (status: number, body: string, headers: Record<string, string> = {}): Answer =>
  (_method, response) =>
    void response.writeHead(status, headers).end(body);
const reset: Answer = (_method, response) => response.destroy();

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** Waits for what the node has to see. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

describe("the RPC client", () => {
  const first = new ScriptedNode();
  const second = new ScriptedNode();
  let now = 0;
  const clock = { now: () => now };
  const ports: Ports = { ...systemPorts(), clock };
  let logs: string[] = [];

  before(() => Promise.all([first.start(), second.start()]));
  after(() => Promise.all([first.stop(), second.stop()]));
  beforeEach(() => {
    for (const node of [first, second]) {
      node.asked.length = 0;
      node.answer = result({});
      node.chainId = "test";
    }
    logs = [];
  });

  function client(...nodes: readonly ScriptedNode[]): RpcClient {
    const logger = createLogger("test", "trace", { write: (line) => void logs.push(line) });
    return new RpcClient({ urls: nodes.map(({ url }) => url), chainId: "test" }, ports, logger);
  }

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
    now += 60_000;
    await assert.rejects(rpc.call("send_tx", {}), RpcUnavailable);
    assert.deepEqual(first.asked, ["status"]);
    assert.equal(logs.filter((line) => line.includes("another network")).length, 1);
    assert.ok(!logs.join().includes(first.url), "no URL in the log: it may hold a key");
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
    ["a node that could not find out", nodeError("TIMEOUT_ERROR")],
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
    now = Date.UTC(2026, 3, 24, 12);
    first.answer = raw(429, "", { "retry-after": new Date(now + 30_000).toUTCString() });
    await rpc.call("a", {});
    now += 29_000;
    await rpc.call("b", {});
    assert.equal(first.asked.at(-1), "a");
    now += 5_000;
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
    now += 5000;
    first.answer = raw(429, "", { "retry-after": "30" });
    await rpc.call("d", {});
    now += 20_000;
    await rpc.call("e", {});
    assert.equal(first.asked.at(-1), "d");
    now += 13_001;
    first.answer = result({});
    await rpc.call("f", {});
    assert.equal(first.asked.at(-1), "f");
  });

  it("asks again when the time has come that an endpoint named, however often it has failed before", async () => {
    const rpc = client(first, second);
    first.answer = raw(429, "", { "retry-after": "1" });
    for (const method of ["a", "b", "c", "d", "e", "f", "g"]) {
      now += 1101;
      await rpc.call(method, {});
    }
    assert.equal(first.asked.filter((method) => method === "status").length, 1, "the network is known");
    assert.deepEqual(first.asked.slice(1), ["a", "b", "c", "d", "e", "f", "g"]);
    now += 999;
    await rpc.call("h", {});
    assert.equal(first.asked.at(-1), "g");
  });

  it("asks an endpoint that had failed with one call, and the others elsewhere until that is answered", async () => {
    const rpc = client(first, second);
    first.answer = reset;
    await rpc.call("a", {});
    now += 5000;
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
    now += 5000;
    const release = first.hold("back");
    const probe = rpc.call("b", {});
    await until(() => first.asked.includes("b"));
    const waiting = rpc.call("c", {});
    first.answer = result("too");
    release();
    assert.deepEqual(await Promise.all([probe, waiting]), ["back", "too"]);
    first.answer = reset;
    await assert.rejects(rpc.call("d", {}), RpcUnavailable);
    now += 5000;
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
    now += 251;
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
    assert.deepEqual(await rpc.everyEndpoint((call) => call("a", {})), [{}, {}]);
    second.answer = reset;
    await assert.rejects(
      rpc.everyEndpoint((call) => call("a", {})),
      RpcUnavailable,
    );
  });

  describe("NEAR through it", () => {
    const near = () => new RpcNearNode(client(first, second));

    it("does not know a transaction that the node does not know, and knows nothing on other errors", async () => {
      first.answer = nodeError("UNKNOWN_TRANSACTION");
      assert.equal(await near().transaction("hash", "a.near"), undefined);
      first.answer = nodeError("INVALID_ACCOUNT");
      await assert.rejects(near().transaction("hash", "a.near"), RpcUnavailable);
    });

    const bare = { amount: "1", code_hash: "11111111111111111111111111111111" };
    const contract = { ...bare, code_hash: "B6UXBwbuk6JYorjDTqJJyqq7yn9kc7wjcdW4ggzvbkXB" };
    const standings: readonly [name: string, answer: Answer, standing: string][] = [
      ["code of its own", result(contract), "contract"],
      ["code that it shares, by hash", result({ ...bare, global_contract_hash: contract.code_hash }), "contract"],
      ["code that it shares, by account", result({ ...bare, global_contract_account_id: "a.near" }), "contract"],
      ["null for code to share", result({ ...bare, global_contract_hash: null }), "no_code"],
      ["no code", result(bare), "no_code"],
      ["no account", nodeError("UNKNOWN_ACCOUNT"), "no_account"],
      ["no account, as a result", result({ error: "account a.near does not exist while viewing" }), "no_account"],
    ];
    for (const [name, answer, standing] of standings) {
      it(`says what a call would meet: ${name}`, async () => {
        first.answer = answer;
        assert.equal(await near().standing("a.near"), standing);
      });
    }

    it("does not say that an account does not exist where the node only has not got there", async () => {
      for (const answer of [nodeError("UNKNOWN_BLOCK"), nodeError("UNAVAILABLE_SHARD"), reset, result({})]) {
        first.answer = second.answer = answer;
        await assert.rejects(near().standing("a.near"));
      }
    });

    it("calls a transaction unknown everywhere only if every endpoint does, at a final head not below (rule: dead-is-unknown-to-every-endpoint)", async () => {
      const block =
        (height: number): Answer =>
        (method, response) => {
          if (method !== "block") return nodeError("UNKNOWN_TRANSACTION")(method, response);
          const header = { height, hash: "h", prev_hash: "p", last_final_block: "f", timestamp: 1, gas_price: "1" };
          return result({ header, chunks: [] })(method, response);
        };
      first.answer = block(100);
      second.answer = block(100);
      assert.equal(await near().isUnknownEverywhere("hash", "a.near", 100), true);
      assert.equal(await near().isUnknownEverywhere("hash", "a.near", 101), false);
      second.answer = block(99);
      assert.equal(await near().isUnknownEverywhere("hash", "a.near", 100), false);
      const known = { transaction_outcome: { id: "t", block_hash: "b", outcome: {} } };
      second.answer = (method, response) => (method === "block" ? block(100) : result(known))(method, response);
      assert.equal(await near().isUnknownEverywhere("hash", "a.near", 100), false);
    });

    it("takes no refusal of a send for proof of anything", async () => {
      first.answer = nodeError("INVALID_TRANSACTION");
      await near().send(Uint8Array.of(1));
      first.answer = reset;
      second.answer = reset;
      await assert.rejects(near().send(Uint8Array.of(1)), RpcUnavailable);
    });

    it("reads a missing key and account in both of the forms that nodes use", async () => {
      const inResult = "access key ed25519:x does not exist while viewing";
      for (const answer of [
        nodeError("UNKNOWN_ACCESS_KEY"),
        nodeError("UNKNOWN_ACCOUNT"),
        result({ error: inResult }),
      ]) {
        first.answer = answer;
        assert.equal(await near().accessKey("a.near", "ed25519:x"), undefined);
      }
      first.answer = nodeError("UNKNOWN_ACCOUNT");
      assert.equal(await near().balance("a.near"), 0n);
    });

    it("tells a contract's panic in its own words, from either form", async () => {
      const panic = 'wasm execution failed with error: HostError(GuestPanic { panic_msg: "no" })';
      first.answer = result({ error: panic });
      const error = await near()
        .view("c.near", "m", {})
        .catch((caught) => caught);
      assert.ok(error instanceof ViewFailed && error.text.includes("panic_msg"));
      first.answer = nodeError("CONTRACT_EXECUTION_ERROR");
      await assert.rejects(near().view("c.near", "m", {}), ViewFailed);
    });

    it("reads a view's JSON, nothing as null, and refuses what is not JSON", async () => {
      const bytes = (text: string) => result({ result: [...Buffer.from(text)], block_height: 7 });
      first.answer = bytes('{"a":"1"}');
      assert.deepEqual(await near().view("c.near", "m", {}), { value: { a: "1" }, height: 7 });
      first.answer = bytes("");
      assert.equal((await near().view("c.near", "m", {})).value, null);
      first.answer = bytes("{");
      await assert.rejects(near().view("c.near", "m", {}), ViewFailed);
    });

    it("takes an answer in an unknown shape for none", async () => {
      first.answer = result({ header: {} });
      await assert.rejects(near().block({ finality: "final" }), RpcUnavailable);
    });
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
        assert.deepEqual(logs, []);
        first.answer = result("fine");
        assert.equal(await rpc.call("b", {}), "fine");
      });
    }

    it("is given up in time and tries, and is not called away", async () => {
      const timers: (() => void)[] = [];
      const after = (_ms: number, run: () => void) => {
        timers.push(run);
        return () => {
          timers.splice(timers.indexOf(run), 1);
        };
      };
      const logger = createLogger("test", "trace", { write: (line) => void logs.push(line) });
      const rpc = new RpcClient({ urls: [first.url], chainId: "test" }, { ...ports, timers: { after } }, logger);
      await rpc.call("a", {});
      first.hold("late");
      const answer = rpc.callForeign("query", {});
      for (const tried of [1, 2]) {
        await until(() => first.asked.filter((method) => method === "query").length === tried);
        for (const run of [...timers]) run();
      }
      assert.deepEqual(await answer, { kind: "no_answer" });
      assert.deepEqual(logs, []);
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
    assert.deepEqual(logs, []);
    first.answer = result("fine");
    assert.equal(await rpc.call("query", {}), "fine");
  });
});
