import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { Devnet } from "../../src/devnet.ts";
import { accountNames } from "../../src/genesis.ts";
import { delegateRequest, paths, post } from "../keystore/support.ts";
import { callAction, callRpc, control, refusal, result, settle, signed, withDevnet } from "./support.ts";

const { user, counter } = accountNames;

function counted(devnet: Devnet): string {
  const { value } = devnet.chain.view().call(counter, "get_count", new Uint8Array());
  return Buffer.from(value).toString();
}

function viewAccount(finality = "final") {
  return { request_type: "view_account", account_id: user, finality };
}

function codeOf(error: unknown): string | undefined {
  return ((error as Error).cause as { code?: string } | undefined)?.code;
}

async function assertReset(work: Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error) => ["ECONNRESET", "UND_ERR_SOCKET"].includes(codeOf(error) ?? ""));
}

describe("faults of the RPC", () => {
  it("lose the answer after the work was done, as often as they are told", () =>
    withDevnet(async (devnet) => {
      const { body } = await control(devnet, "POST /faults", { method: "broadcast_tx_async", kind: "lost", count: 1 });
      assert.deepEqual(body, { id: 1, target: "rpc", method: "broadcast_tx_async", count: 1, fault: { kind: "lost" } });
      const { base64, hash } = signed(devnet, user, counter, [callAction("increase")]);
      await assertReset(callRpc(devnet, "broadcast_tx_async", [base64]));
      assert.ok(devnet.chain.pool.has(hash));
      assert.equal((await callRpc(devnet, "broadcast_tx_async", [base64])).body.result, hash);
      settle(devnet);
      assert.equal(counted(devnet), "1");
    }));

  it("lose the answer of a send that waits, at once", () =>
    withDevnet(async (devnet) => {
      devnet.controls.faults.add({ target: "rpc", method: "send_tx", count: 1, fault: { kind: "lost" } });
      const { base64, hash } = signed(devnet, user, counter, [callAction("increase")]);
      await assertReset(callRpc(devnet, "send_tx", { signed_tx_base64: base64, wait_until: "FINAL" }));
      assert.ok(devnet.chain.pool.has(hash));
    }));

  it("break the connection before the work", () =>
    withDevnet(async (devnet) => {
      await control(devnet, "POST /faults", { method: "*", kind: "reset" });
      const { base64 } = signed(devnet, user, counter, [callAction("increase")]);
      await assertReset(callRpc(devnet, "broadcast_tx_async", [base64]));
      assert.equal(devnet.chain.pool.size, 0);
    }));

  it("answer 429 with Retry-After, 500, or a page", () =>
    withDevnet(async (devnet) => {
      const ask = () =>
        fetch(devnet.rpcUrl, { method: "POST", body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "status" }) });
      await control(devnet, "POST /faults", { method: "status", kind: "too_many_requests", retry_after_secs: 3 });
      const limited = await ask();
      assert.deepEqual([limited.status, limited.headers.get("retry-after")], [429, "3"]);
      await control(devnet, "POST /faults", { method: "status", kind: "too_many_requests", retry_after_secs: null });
      assert.equal((await ask()).headers.get("retry-after"), null);
      await control(devnet, "POST /faults", { method: "status", kind: "server_error" });
      assert.equal((await ask()).status, 500);
      await control(devnet, "POST /faults", { method: "status", kind: "html", status: 200 });
      const page = await ask();
      assert.deepEqual([page.status, page.headers.get("content-type")], [200, "text/html"]);
      assert.match(await page.text(), /^<html>/);
      assert.equal((await ask()).status, 200);
    }));

  it("answer any error of the RPC", () =>
    withDevnet(async (devnet) => {
      const error = {
        name: "INTERNAL_ERROR",
        cause: { name: "INTERNAL_ERROR" },
        code: -32_000,
        message: "Server error",
      };
      await control(devnet, "POST /faults", { method: "tx", kind: "error", error });
      const { body } = await callRpc(devnet, "tx", ["x", user]);
      assert.deepEqual(body.error, error);
    }));

  it("delay an answer", async () => {
    const delays: number[] = [];
    const ports = {
      now: () => Date.now(),
      after(ms: number, run: () => void) {
        delays.push(ms);
        setImmediate(run);
        return () => {};
      },
      randomBytes: (count: number) => new Uint8Array(count),
    };
    await withDevnet(
      async (devnet) => {
        await control(devnet, "POST /faults", { method: "status", kind: "delay", ms: 1_234 });
        await result(devnet, "status");
        assert.deepEqual(delays, [1_234]);
      },
      { ports },
    );
  });

  it("leave no timer of a delay behind when the devnet is closed", async () => {
    const timers = new Set<number>();
    const asked = Promise.withResolvers<void>();
    const ports = {
      now: () => Date.now(),
      after(ms: number) {
        timers.add(ms);
        asked.resolve();
        return () => timers.delete(ms);
      },
      randomBytes: (count: number) => new Uint8Array(count),
    };
    let answer: Promise<unknown> = Promise.resolve();
    await withDevnet(
      async (devnet) => {
        await control(devnet, "POST /faults", { method: "status", kind: "delay", ms: 600_000 });
        answer = result(devnet, "status").catch(() => undefined);
        await asked.promise;
        assert.deepEqual([...timers], [600_000]);
      },
      { ports },
    );
    await answer;
    assert.deepEqual([...timers], []);
  });

  it("answer as a node that lags behind", () =>
    withDevnet(async (devnet) => {
      devnet.controls.blocks.mine({ blocks: 5 });
      devnet.controls.accounts.setBalance(user, 7n);
      const { head } = devnet.chain;
      await control(devnet, "POST /faults", { method: "*", kind: "lag", blocks: 2, count: null });
      const block = await result(devnet, "block", { finality: "optimistic" });
      assert.equal(block.header.height, Number(head.height) - 2);
      assert.equal((await result(devnet, "block", { finality: "final" })).header.height, Number(head.height) - 4);
      assert.notEqual((await result(devnet, "query", viewAccount("optimistic"))).amount, "7");
      const newest = await refusal(devnet, "block", { block_id: head.hash });
      assert.equal(newest.cause.name, "UNKNOWN_BLOCK");
      await control(devnet, "DELETE /faults");
      assert.equal((await result(devnet, "query", viewAccount("optimistic"))).amount, "7");
    }));

  it("hide a transaction for some blocks after its inclusion", () =>
    withDevnet(async (devnet) => {
      const { base64, hash } = signed(devnet, user, counter, [callAction("increase")]);
      await result(devnet, "broadcast_tx_async", [base64]);
      await control(devnet, "POST /faults", { method: "tx", kind: "unknown_transaction", blocks: 2, count: null });
      const asked = { tx_hash: hash, sender_account_id: user, wait_until: "NONE" };
      for (let block = 0; block < 2; block += 1) {
        devnet.controls.blocks.mine();
        assert.equal((await refusal(devnet, "tx", asked)).cause.name, "UNKNOWN_TRANSACTION");
        assert.equal((await result(devnet, "EXPERIMENTAL_tx_status", asked)).transaction.hash, hash);
      }
      devnet.controls.blocks.mine();
      assert.equal((await result(devnet, "tx", asked)).transaction.hash, hash);
    }));

  it("let a send arrive behind a later one, which makes it worthless", () =>
    withDevnet(async (devnet) => {
      const [first, second] = [1n, 2n].map((more) =>
        signed(devnet, user, counter, [callAction("increase")], { nonce: 200_000_000_000_000n + more }),
      );
      assert.ok(first && second);
      await control(devnet, "POST /faults", { method: "broadcast_tx_async", kind: "arrive_late", blocks: 1 });
      for (const { base64, hash } of [first, second]) {
        assert.equal(await result(devnet, "broadcast_tx_async", [base64]), hash);
      }
      settle(devnet);
      settle(devnet);
      assert.equal(counted(devnet), "1");
      const asked = { tx_hash: first.hash, sender_account_id: user, wait_until: "NONE" };
      assert.equal((await refusal(devnet, "tx", asked)).cause.name, "UNKNOWN_TRANSACTION");
    }));

  it("may fit queries by their request type, and be taken back", () =>
    withDevnet(async (devnet) => {
      const { body } = await control(devnet, "POST /faults", {
        method: "query:view_account",
        kind: "server_error",
        count: null,
      });
      assert.equal((await control(devnet, "GET /faults")).body.faults.length, 1);
      await assert.rejects(callRpc(devnet, "query", viewAccount()));
      await result(devnet, "query", { request_type: "view_access_key_list", account_id: user, finality: "final" });
      await control(devnet, `DELETE /faults/${body.id}`);
      await result(devnet, "query", viewAccount());
      assert.deepEqual((await control(devnet, "DELETE /faults/99")).body, { error: "there is no fault 99" });
    }));

  it("may be that it is away as a whole", () =>
    withDevnet(async (devnet) => {
      await control(devnet, "POST /rpc", { away: true });
      await assertReset(callRpc(devnet, "status"));
      await assertReset(fetch(`${devnet.rpcUrl}/status`));
      assert.deepEqual((await control(devnet, "POST /rpc", { away: false })).body, {
        away: false,
        query_errors: "result",
      });
      await result(devnet, "status");
    }));

  it("may be that a node has collected garbage, one of several by its path", () =>
    withDevnet(async (devnet) => {
      const asked = { keep_blocks: 10, path: "/young" };
      const about = { away: false, query_errors: "result" };
      assert.deepEqual((await control(devnet, "POST /rpc", asked)).body, { ...about, keep_blocks: 10 });
      devnet.controls.blocks.mine({ blocks: 20 });
      const young = await fetch(`${devnet.rpcUrl}/young`, rpcRequest("block", { block_id: 200_000_001 }));
      assert.equal(young.status, 422);
      await result(devnet, "block", { block_id: 200_000_001 });
      const again = { keep_blocks: null, path: "/young" };
      assert.deepEqual((await control(devnet, "POST /rpc", again)).body, { ...about, keep_blocks: null });
    }));
});

const rpcRequest = (method: string, params: unknown) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ jsonrpc: "2.0", id: "1", method, params }),
});

describe("faults of the keystore", () => {
  it("are those of any server, by path", () =>
    withDevnet(async (devnet) => {
      await control(devnet, "POST /faults", { target: "keystore", method: paths.delegate, kind: "server_error" });
      assert.equal((await post(devnet, paths.delegate, delegateRequest)).status, 500);
      assert.equal((await post(devnet, paths.delegate, delegateRequest)).status, 200);
    }));

  it("may be that it is not ready, slow, or away", async () => {
    const delays: number[] = [];
    const ports = {
      now: () => Date.now(),
      after(ms: number, run: () => void) {
        delays.push(ms);
        setImmediate(run);
        return () => {};
      },
      randomBytes: (count: number) => new Uint8Array(count),
    };
    await withDevnet(
      async (devnet) => {
        await control(devnet, "POST /keystore", { readiness: "not_ready", delay_ms: 500 });
        assert.equal((await post(devnet, paths.delegate, delegateRequest)).json.error, "Keystore not ready.");
        assert.deepEqual(delays, [500]);
        await control(devnet, "POST /keystore", { readiness: "ready", delay_ms: 0, away: true });
        await assertReset(post(devnet, paths.delegate, delegateRequest));
        const { body } = await control(devnet, "POST /keystore", { away: false });
        assert.deepEqual(body, { readiness: "ready", delay_ms: 0, away: false });
      },
      { ports },
    );
  });
});

describe("counters", () => {
  it("count calls by RPC method and keystore path, until they are reset", () =>
    withDevnet(async (devnet) => {
      await result(devnet, "status");
      await result(devnet, "query", viewAccount());
      await result(devnet, "query", viewAccount());
      const view = {
        request_type: "call_function",
        finality: "final",
        account_id: devnet.gateId,
        method_name: "stats",
      };
      await result(devnet, "query", { ...view, args_base64: "" });
      await post(devnet, paths.delegate, delegateRequest);
      assert.deepEqual((await control(devnet, "GET /counters")).body, {
        rpc: {
          status: 1,
          query: 3,
          "query:view_account": 2,
          "query:call_function": 1,
          "query:call_function:stats": 1,
          [`query:call_function:stats@${devnet.gateId}`]: 1,
        },
        keystore: { [paths.delegate]: 1 },
      });
      await control(devnet, "DELETE /counters");
      assert.deepEqual((await control(devnet, "GET /counters")).body, { rpc: {}, keystore: {} });
    }));
});
