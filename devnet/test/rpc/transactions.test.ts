import assert from "node:assert/strict";
import {
  BroadcastTxAsyncResponseSchema,
  RpcReceiptResponseSchema,
  RpcTransactionResponseSchema,
} from "@near-js/jsonrpc-types";
import { describe, it } from "mocha";
import type { Devnet } from "../../src/devnet.ts";
import { accountNames } from "../../src/genesis.ts";
import {
  assertSchema,
  callAction,
  mineUntil,
  near,
  refusal,
  result,
  settle,
  signed,
  transferAction,
  withDevnet,
} from "./support.ts";

const { user, counter, gate, relayer } = accountNames;

function status(devnet: Devnet, tx_hash: string, wait_until = "NONE", method = "EXPERIMENTAL_tx_status") {
  return result(devnet, method, { tx_hash, sender_account_id: user, wait_until });
}

describe("broadcast_tx_async and send_tx without waiting", () => {
  it("answer at once, and say nothing of the transaction's validity", () =>
    withDevnet(async (devnet) => {
      const good = signed(devnet, user, relayer, [transferAction(1n)]);
      const bad = signed(devnet, user, relayer, [transferAction(1n)], { nonce: 1n });
      for (const { base64, hash } of [good, bad]) {
        assert.equal(await result(devnet, "broadcast_tx_async", [base64]), hash);
        assertSchema(BroadcastTxAsyncResponseSchema, { jsonrpc: "2.0", id: "1", result: hash });
        const params = { signed_tx_base64: base64, wait_until: "NONE" };
        assert.deepEqual(await result(devnet, "send_tx", params), { final_execution_status: "NONE" });
      }
      devnet.controls.blocks.mine();
      assert.deepEqual(
        devnet.chain.head.transactions.map(({ hash }) => hash),
        [good.hash],
      );
    }));

  it("refuse bytes that are no transaction", () =>
    withDevnet(async (devnet) => {
      const { base64 } = signed(devnet, user, relayer, [transferAction(1n)]);
      const longer = Buffer.concat([Buffer.from(base64, "base64"), Buffer.from([0])]).toString("base64");
      for (const given of ["AAAA", "not base64", longer]) {
        const { cause } = await refusal(devnet, "broadcast_tx_async", [given]);
        assert.equal(cause.name, "PARSE_ERROR");
      }
    }));
});

describe("tx", () => {
  it("does not know a transaction until it is included", () =>
    withDevnet(async (devnet) => {
      const { base64, hash } = signed(devnet, user, counter, [callAction("increase")]);
      await result(devnet, "broadcast_tx_async", [base64]);
      const asked = { tx_hash: hash, sender_account_id: user, wait_until: "NONE" };
      assert.deepEqual(await refusal(devnet, "tx", asked), {
        status: 200,
        name: "HANDLER_ERROR",
        cause: { info: { requested_transaction_hash: hash }, name: "UNKNOWN_TRANSACTION" },
        data: `Transaction ${hash} doesn't exist`,
      });
      devnet.controls.blocks.mine();
      const included = await status(devnet, hash);
      assertSchema(RpcTransactionResponseSchema, included);
      assert.equal(included.status, "Started");
      assert.equal(included.final_execution_status, "INCLUDED");
      assert.deepEqual(included.receipts_outcome, []);
      assert.equal(included.receipts.length, 1);
    }));

  it("passes through nearcore's statuses as blocks come", () =>
    withDevnet(async (devnet) => {
      const { base64, hash } = signed(devnet, user, counter, [callAction("increase")]);
      await result(devnet, "broadcast_tx_async", [base64]);
      const seen: string[] = [];
      for (let block = 0; block < 6; block += 1) {
        devnet.controls.blocks.mine();
        seen.push((await status(devnet, hash)).final_execution_status);
      }
      assert.deepEqual(seen, ["INCLUDED", "EXECUTED_OPTIMISTIC", "EXECUTED", "EXECUTED", "FINAL", "FINAL"]);
      const done = await status(devnet, hash);
      assertSchema(RpcTransactionResponseSchema, done);
      assert.deepEqual(done.status, { SuccessValue: Buffer.from("1").toString("base64") });
      assert.equal(done.transaction.hash, hash);
      assert.deepEqual(done.transaction_outcome.outcome.status, {
        SuccessReceiptId: done.receipts_outcome[0].id,
      });
      assert.deepEqual(done.receipts_outcome[0].outcome.logs, ["Increased number to 1"]);
      const plain = await status(devnet, hash, "NONE", "tx");
      assert.equal(plain.receipts, undefined);
    }));

  it("waits for as much as it is told", () =>
    withDevnet(async (devnet) => {
      const { base64, hash } = signed(devnet, user, counter, [callAction("increase")]);
      const sending = result(devnet, "send_tx", { signed_tx_base64: base64, wait_until: "FINAL" });
      const optimistic = status(devnet, hash, "EXECUTED_OPTIMISTIC");
      await until(() => devnet.chain.pool.size === 1);
      settle(devnet);
      devnet.controls.blocks.mine({ blocks: 2 });
      assert.equal((await sending).final_execution_status, "FINAL");
      assert.deepEqual((await optimistic).status, (await sending).status);
      assertSchema(RpcTransactionResponseSchema, await sending);
      const again = await result(devnet, "broadcast_tx_commit", [base64]);
      assert.equal(again.final_execution_status, "FINAL");
    }));

  it("says why a transaction is invalid to those who wait for it", () =>
    withDevnet(async (devnet) => {
      const { base64 } = signed(devnet, user, counter, [callAction("increase")], { nonce: 1n });
      const nonce = 200_000_000 * 1_000_000;
      const expected = {
        status: 200,
        name: "HANDLER_ERROR",
        cause: { info: {}, name: "INVALID_TRANSACTION" },
        data: { TxExecutionError: { InvalidTxError: { InvalidNonce: { tx_nonce: 1, ak_nonce: nonce } } } },
      };
      assert.deepEqual(await refusal(devnet, "broadcast_tx_commit", [base64]), expected);
      assert.deepEqual(await refusal(devnet, "send_tx", { signed_tx_base64: base64 }), expected);
    }));

  it("gives up waiting after 10 seconds", async () => {
    const timers: { ms: number; run: () => void }[] = [];
    const ports = {
      now: () => 1_760_000_000_000,
      after(ms: number, run: () => void) {
        timers.push({ ms, run });
        return () => {};
      },
      randomBytes: (count: number) => new Uint8Array(count),
    };
    await withDevnet(
      async (devnet) => {
        const { base64, hash } = signed(devnet, user, counter, [callAction("increase")]);
        await result(devnet, "broadcast_tx_async", [base64]);
        devnet.controls.blocks.mine();
        const waiting = refusal(devnet, "tx", { tx_hash: hash, sender_account_id: user, wait_until: "FINAL" });
        const unknown = { tx_hash: devnet.chain.head.hash, sender_account_id: user, wait_until: "INCLUDED" };
        const never = refusal(devnet, "tx", unknown);
        await until(() => timers.length === 2);
        assert.deepEqual(
          timers.map(({ ms }) => ms),
          [10_000, 10_000],
        );
        for (const { run } of timers) run();
        const { status: code, cause, data } = await waiting;
        assert.deepEqual([code, cause, data], [408, { name: "TIMEOUT_ERROR" }, "Timeout"]);
        assert.equal((await never).cause.name, "UNKNOWN_TRANSACTION");
      },
      { ports },
    );
  });

  it("nests a panic's text as nearcore does", () =>
    withDevnet(async (devnet) => {
      const { base64, hash } = signed(devnet, user, gate, [callAction("submit_intent", { signed_delegate: "AAAA" })]);
      await result(devnet, "broadcast_tx_async", [base64]);
      settle(devnet);
      const failed = await status(devnet, hash);
      assertSchema(RpcTransactionResponseSchema, failed);
      const error = "Smart contract panicked: caller is not a whitelisted relayer";
      assert.deepEqual(failed.status, {
        Failure: { ActionError: { index: 0, kind: { FunctionCallError: { ExecutionError: error } } } },
      });
    }));

  it("leaves out the receipt of a pending intent, and puts the submission's own first", () =>
    withDevnet(async (devnet) => {
      const { submissions, done } = devnet.controls.gate.foreignPending();
      settle(devnet);
      await done;
      const pending = await status(devnet, submissions[0] ?? "");
      assertSchema(RpcTransactionResponseSchema, pending);
      assert.equal(pending.status, "Started");
      assert.equal(pending.final_execution_status, "INCLUDED_FINAL");
      const [first] = pending.receipts_outcome;
      assert.match(first.outcome.logs[0], /^trace:\{"ev":"intent_submitted"/);
      assert.equal(pending.transaction_outcome.outcome.status.SuccessReceiptId, first.id);
      const yielded = first.outcome.status.SuccessReceiptId;
      assert.ok(pending.receipts_outcome.every(({ id }: { id: string }) => id !== yielded));
      const receipt = await result(devnet, "EXPERIMENTAL_receipt", { receipt_id: yielded });
      assertSchema(RpcReceiptResponseSchema, receipt);
      assert.equal(receipt.receipt.Action.is_promise_yield, true);
    }));

  it("orders outcomes depth first", () =>
    withDevnet(async (devnet) => {
      const { done, submissions } = devnet.controls.gate.foreignChain(2);
      await mineUntil(devnet, done);
      settle(devnet);
      const { transaction_outcome: top, receipts_outcome: outcomes } = await status(devnet, submissions[0] ?? "");
      const byId = new Map([top, ...outcomes].map((one) => [one.id, one]));
      const walk = (id: string): string[] => [id, ...(byId.get(id)?.outcome.receipt_ids ?? []).flatMap(walk)];
      assert.deepEqual(
        [top, ...outcomes].map(({ id }) => id),
        walk(top.id),
      );
      assert.ok(outcomes.length >= 5);
    }));
});

describe("EXPERIMENTAL_receipt", () => {
  it("shows receipts of every kind of action, and data", () =>
    withDevnet(async (devnet) => {
      const { base64 } = signed(devnet, user, counter, [callAction("increase"), transferAction(near)]);
      await result(devnet, "broadcast_tx_async", [base64]);
      settle(devnet);
      const { done } = devnet.controls.gate.foreignChain(2);
      await mineUntil(devnet, done);
      settle(devnet);
      const kinds = new Set<string>();
      for (const block of devnet.chain.view().blocksFrom(0n)) {
        for (const { id } of block.chunks.flatMap(({ incoming }) => incoming)) {
          const receipt = await result(devnet, "EXPERIMENTAL_receipt", { receipt_id: id });
          assertSchema(RpcReceiptResponseSchema, receipt);
          kinds.add(Object.keys(receipt.receipt).join());
        }
      }
      assert.deepEqual([...kinds].toSorted(), ["Action", "Data"]);
    }));

  it("does not know others", () =>
    withDevnet(async (devnet) => {
      const receipt_id = devnet.chain.head.hash;
      const { cause } = await refusal(devnet, "EXPERIMENTAL_receipt", { receipt_id });
      assert.deepEqual(cause, { info: { receipt_id }, name: "UNKNOWN_RECEIPT" });
    }));
});

/** Lets others work until something is so. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
