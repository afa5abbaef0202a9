import assert from "node:assert/strict";
import {
  EXPERIMENTALGenesisConfigResponseSchema,
  GenesisConfigSchema,
  RpcBlockResponseSchema,
  RpcChunkResponseSchema,
  RpcGasPriceResponseSchema,
  RpcProtocolConfigResponseSchema,
  RpcStatusResponseSchema,
} from "@near-js/jsonrpc-types";
import { describe, it } from "mocha";
import { accountNames } from "../../src/genesis.ts";
import { assertSchema, callRpc, refusal, result, signed, transferAction, withDevnet } from "./support.ts";

describe("block", () => {
  it("answers by finality, height and hash, in nearcore's shape", () =>
    withDevnet(async (devnet) => {
      devnet.controls.blocks.mine({ blocks: 5 });
      const { head } = devnet.chain;
      const final = await result(devnet, "block", { finality: "final" });
      const nearFinal = await result(devnet, "block", { finality: "near-final" });
      const optimistic = await result(devnet, "block", { finality: "optimistic" });
      assertSchema(RpcBlockResponseSchema, final);
      assert.deepEqual(
        [final, nearFinal, optimistic].map(({ header }) => Number(head.height) - header.height),
        [2, 1, 0],
      );
      assert.deepEqual(await result(devnet, "block", { block_id: final.header.hash }), final);
      assert.deepEqual(await result(devnet, "block", { block_id: final.header.height }), final);
      assert.deepEqual(await result(devnet, "block", [final.header.hash]), final);
      assert.equal((await result(devnet, "block", { sync_checkpoint: "genesis" })).header.height, 200_000_000);
    }));

  it("has complete headers that link up", () =>
    withDevnet(async (devnet) => {
      devnet.controls.blocks.mine({ blocks: 2 });
      const { header } = await result(devnet, "block", { finality: "optimistic" });
      const parent = (await result(devnet, "block", { block_id: header.prev_hash })).header;
      const grandparent = (await result(devnet, "block", { block_id: parent.prev_hash })).header;
      assert.equal(header.prev_height, parent.height);
      assert.equal(header.last_ds_final_block, parent.hash);
      assert.equal(header.last_final_block, grandparent.hash);
      assert.equal(header.chunks_included, 1);
      assert.equal(header.timestamp_nanosec, `${devnet.chain.head.timestampNs}`);
      assert.equal(header.block_ordinal, parent.block_ordinal + 1);
    }));

  it("knows no block at a skipped height, nor at one to come", () =>
    withDevnet(async (devnet) => {
      const skipped = Number(devnet.chain.head.height) + 1;
      devnet.controls.blocks.mine({ skipHeights: 1 });
      for (const block_id of [skipped, skipped + 100]) {
        assert.deepEqual(await refusal(devnet, "block", { block_id }), {
          status: 422,
          name: "HANDLER_ERROR",
          cause: { info: {}, name: "UNKNOWN_BLOCK" },
          data: `DB Not Found Error: BLOCK HEIGHT: ${block_id} \n Cause: Unknown`,
        });
      }
      const hash = "11111111111111111111111111111112";
      const { data } = await refusal(devnet, "block", { block_id: hash });
      assert.equal(data, `DB Not Found Error: BLOCK HEADER: ${hash}`);
    }));

  it("still answers by hash for a fork that lost, but not by height", () =>
    withDevnet(async (devnet) => {
      const lost = devnet.chain.head;
      devnet.controls.blocks.fork({ depth: 1, heights: "same" });
      assert.equal((await result(devnet, "block", { block_id: lost.hash })).header.hash, lost.hash);
      const there = await result(devnet, "block", { block_id: Number(lost.height) });
      assert.notEqual(there.header.hash, lost.hash);
    }));

  it("shows a missing chunk as the older one that is still in place", () =>
    withDevnet(async (devnet) => {
      devnet.controls.blocks.mine({ missedChunk: true });
      const { header, chunks } = await result(devnet, "block", { finality: "optimistic" });
      assert.equal(header.chunks_included, 0);
      assert.deepEqual(header.chunk_mask, [false]);
      assert.equal(chunks[0].height_included, header.height - 1);
    }));
});

describe("chunk", () => {
  it("holds its block's transactions and the receipts that came with it", () =>
    withDevnet(async (devnet) => {
      const { user, relayer } = accountNames;
      const { base64, hash } = signed(devnet, user, relayer, [transferAction(1n)]);
      await result(devnet, "broadcast_tx_async", [base64]);
      devnet.controls.blocks.mine({ blocks: 2 });
      const [included, ran] = [devnet.chain.head.prevHash, devnet.chain.head.hash];
      const first = await result(devnet, "chunk", { block_id: included, shard_id: 0 });
      assertSchema(RpcChunkResponseSchema, first);
      assert.deepEqual(
        first.transactions.map((one: { hash: string }) => one.hash),
        [hash],
      );
      const second = await result(devnet, "chunk", { block_id: ran, shard_id: 0 });
      assertSchema(RpcChunkResponseSchema, second);
      assert.equal(second.receipts.length, 1);
      assert.deepEqual(await result(devnet, "chunk", { chunk_id: first.header.chunk_hash }), first);
      const { chunks } = await result(devnet, "block", { block_id: included });
      assert.equal(chunks[0].chunk_hash, first.header.chunk_hash);
    }));

  it("is unknown, or its shard is", () =>
    withDevnet(async (devnet) => {
      const unknown = await refusal(devnet, "chunk", { chunk_id: "11111111111111111111111111111112" });
      assert.deepEqual(unknown.cause, {
        info: { chunk_hash: "11111111111111111111111111111112" },
        name: "UNKNOWN_CHUNK",
      });
      const elsewhere = await refusal(devnet, "chunk", { block_id: devnet.chain.head.hash, shard_id: 3 });
      assert.deepEqual(elsewhere.cause, { info: { shard_id: 3 }, name: "INVALID_SHARD_ID" });
    }));
});

describe("the network", () => {
  it("tells its status by JSON-RPC and by GET", () =>
    withDevnet(async (devnet) => {
      const status = await result(devnet, "status", []);
      assertSchema(RpcStatusResponseSchema, status);
      assert.equal(status.chain_id, "devnet");
      assert.equal(status.sync_info.latest_block_height, Number(devnet.chain.head.height));
      assert.deepEqual(await (await fetch(`${devnet.rpcUrl}/status`)).json(), status);
    }));

  it("tells its chain id, validity period and gas limits as it was started", () =>
    withDevnet(
      async (devnet) => {
        const genesis = await result(devnet, "EXPERIMENTAL_genesis_config");
        assertSchema(GenesisConfigSchema, genesis);
        assertSchema(EXPERIMENTALGenesisConfigResponseSchema, { jsonrpc: "2.0", id: "1", result: genesis });
        assert.equal(genesis.transaction_validity_period, 50);
        assert.equal(genesis.chain_id, "mainnet");
        const protocol = await result(devnet, "EXPERIMENTAL_protocol_config", { finality: "final" });
        assertSchema(RpcProtocolConfigResponseSchema, protocol);
        assert.equal(protocol.runtime_config.wasm_config.limit_config.max_total_prepaid_gas, 10 ** 15);
        assert.equal(protocol.transaction_validity_period, 50);
      },
      { validityPeriod: 50n, chainId: "mainnet" },
    ));

  it("asks 0.001 NEAR for a Tgas", () =>
    withDevnet(async (devnet) => {
      for (const params of [[null], { block_id: null }, [Number(devnet.chain.head.height)]]) {
        const price = await result(devnet, "gas_price", params);
        assertSchema(RpcGasPriceResponseSchema, price);
        assert.equal(BigInt(price.gas_price) * 10n ** 12n, 10n ** 21n);
      }
    }));

  it("refuses what it cannot read", () =>
    withDevnet(async (devnet) => {
      assert.deepEqual(await refusal(devnet, "no_such_method"), {
        status: 400,
        name: "REQUEST_VALIDATION_ERROR",
        cause: { info: { method_name: "no_such_method" }, name: "METHOD_NOT_FOUND" },
        data: "no_such_method",
      });
      const unread = await refusal(devnet, "block", { finality: "eventually" });
      assert.equal(unread.cause.name, "PARSE_ERROR");
      const bad = await fetch(devnet.rpcUrl, { method: "POST", body: "{" });
      assert.equal(bad.status, 400);
      assert.equal((await callRpc(devnet, "toString")).body.error.cause.name, "METHOD_NOT_FOUND");
    }));
});
