import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { accountNames } from "../../src/genesis.ts";
import { refusal, result, settle, signed, transferAction, withDevnet } from "./support.ts";

const { user, relayer } = accountNames;

describe("a node that has collected garbage", () => {
  it("knows no transaction, block, chunk or state from before, and says which block is its earliest", () =>
    withDevnet(async (devnet) => {
      const { base64, hash } = signed(devnet, user, relayer, [transferAction(1n)]);
      await result(devnet, "send_tx", { signed_tx_base64: base64, wait_until: "NONE" });
      const old = devnet.controls.blocks.mine();
      settle(devnet);
      const block = await result(devnet, "block", { finality: "optimistic" });
      devnet.controls.blocks.mine({ blocks: 20 });
      const asked = { tx_hash: hash, sender_account_id: user, wait_until: "NONE" };
      assert.equal((await result(devnet, "EXPERIMENTAL_tx_status", asked)).final_execution_status, "FINAL");

      devnet.controls.rpc.keepBlocks(15);
      const head = Number(devnet.chain.head.height);
      assert.equal((await result(devnet, "status", [])).sync_info.earliest_block_height, head - 14);
      assert.equal((await result(devnet, "block", { sync_checkpoint: "earliest_available" })).header.height, head - 14);
      const causeOf = async (method: string, params: unknown) => (await refusal(devnet, method, params)).cause.name;
      assert.equal(await causeOf("EXPERIMENTAL_tx_status", asked), "UNKNOWN_TRANSACTION");
      assert.equal(await causeOf("block", { block_id: block.header.hash }), "UNKNOWN_BLOCK");
      assert.equal(await causeOf("block", { block_id: block.header.height }), "UNKNOWN_BLOCK");
      assert.equal(await causeOf("chunk", { chunk_id: block.chunks[0].chunk_hash }), "UNKNOWN_CHUNK");
      const view = { request_type: "view_account", account_id: user, block_id: Number(old.height) };
      assert.equal(await causeOf("query", view), "GARBAGE_COLLECTED_BLOCK");
      assert.equal((await result(devnet, "block", { block_id: head - 14 })).header.height, head - 14);
    }));

  it("is one of several: another path is another node", () =>
    withDevnet(async (devnet) => {
      const { hash } = devnet.chain.head;
      devnet.controls.blocks.mine({ blocks: 20 });
      devnet.controls.rpc.keepBlocks(10, "/young");
      const ask = async (path: string) => {
        const body = JSON.stringify({ jsonrpc: "2.0", id: "1", method: "block", params: { block_id: hash } });
        const headers = { "content-type": "application/json" };
        return (await fetch(`${devnet.rpcUrl}${path}`, { method: "POST", headers, body })).status;
      };
      assert.deepEqual([await ask("/young"), await ask("/")], [422, 200]);
      devnet.controls.rpc.keepBlocks(undefined, "/young");
      assert.equal(await ask("/young"), 200);
    }));

  it("still takes transactions and runs them", () =>
    withDevnet(async (devnet) => {
      devnet.controls.rpc.keepBlocks(10);
      devnet.controls.blocks.mine({ blocks: 20 });
      const { base64, hash } = signed(devnet, user, relayer, [transferAction(1n)]);
      await result(devnet, "send_tx", { signed_tx_base64: base64, wait_until: "NONE" });
      settle(devnet);
      const asked = { tx_hash: hash, sender_account_id: user, wait_until: "NONE" };
      assert.equal((await result(devnet, "EXPERIMENTAL_tx_status", asked)).final_execution_status, "FINAL");
    }));

  it("cannot keep less than the final block needs", () =>
    withDevnet(async ({ controls }) => {
      for (const blocks of [9, 0, -1, 1.5]) {
        assert.throws(() => controls.rpc.keepBlocks(blocks), /keep_blocks must be an integer from 10 on/);
      }
    }));
});
