import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { Devnet } from "../../src/devnet.ts";
import { accountNames } from "../../src/genesis.ts";
import { callAction, control, refusal, result, settle, signed, withDevnet } from "./support.ts";

const { user, counter } = accountNames;

describe("a node that stands still", () => {
  it("answers with its old head, at one of several paths, and others do not", () =>
    withDevnet(async (devnet) => {
      const height = Number(devnet.chain.head.height);
      await control(devnet, "POST /faults", { method: "POST /second", kind: "still", height, count: null });
      const headOf = async (path: string) => {
        const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "block", params: { finality: "optimistic" } });
        return JSON.parse(await (await fetch(`${devnet.rpcUrl}${path}`, { method: "POST", body })).text()).result.header
          .height;
      };
      for (const blocks of [1, 7]) {
        devnet.controls.blocks.mine({ blocks });
        assert.deepEqual([await headOf("/second"), await headOf("/first")], [height, Number(devnet.chain.head.height)]);
      }
      devnet.controls.blocks.fork({ depth: 2 });
      assert.equal(await headOf("/second"), height);
    }));
});

describe("a node that is not on some shards", () => {
  const accounts = (devnet: Devnet) =>
    Object.values(accountNames).map((id) => ({ id, shard: devnet.chain.layout.of(id) }));
  const asked = (hash: string) => ({ tx_hash: hash, sender_account_id: user, wait_until: "NONE" });

  it("refuses queries of accounts and chunks there, and answers the others", () =>
    withDevnet(
      async (devnet) => {
        const shard = devnet.chain.layout.of(user);
        await control(devnet, "POST /faults", { kind: "untracked", shards: [shard], count: null });
        for (const { id, shard: its } of accounts(devnet)) {
          const query = { request_type: "view_account", account_id: id, finality: "final" };
          if (its !== shard) assert.ok((await result(devnet, "query", query)).amount);
          else {
            const { cause } = await refusal(devnet, "query", query);
            assert.deepEqual(cause, { name: "UNAVAILABLE_SHARD", info: { requested_shard_id: shard } });
          }
        }
        const chunks = devnet.chain.layout.shards.map((shard_id) => ({ block_id: devnet.chain.head.hash, shard_id }));
        for (const params of chunks) {
          if (params.shard_id !== shard) await result(devnet, "chunk", params);
          else assert.equal((await refusal(devnet, "chunk", params)).cause.name, "UNKNOWN_CHUNK");
        }
      },
      { shards: 5 },
    ));

  it("passes transactions on, and has no outcome of them: it says so, or answers nothing", () =>
    withDevnet(
      async (devnet) => {
        const { base64, hash } = signed(devnet, user, counter, [callAction("increase")]);
        const shards = [devnet.chain.layout.of(user)];
        await control(devnet, "POST /faults", { method: "send_tx", kind: "untracked", shards });
        await result(devnet, "send_tx", { signed_tx_base64: base64, wait_until: "NONE" });
        settle(devnet);
        const rule = { method: "EXPERIMENTAL_tx_status", kind: "untracked", shards };
        await control(devnet, "POST /faults", rule);
        assert.equal((await refusal(devnet, "EXPERIMENTAL_tx_status", asked(hash))).cause.name, "DOES_NOT_TRACK_SHARD");
        await control(devnet, "POST /faults", { ...rule, says: "nothing" });
        const nothing = { final_execution_status: "NONE" };
        assert.deepEqual(await result(devnet, "EXPERIMENTAL_tx_status", asked(hash)), nothing);
        const { transaction_outcome } = await result(devnet, "EXPERIMENTAL_tx_status", asked(hash));
        assert.equal(transaction_outcome.id, hash);
      },
      { shards: 5 },
    ));

  it("leaves out what receipts did there, for good", () =>
    withDevnet(
      async (devnet) => {
        const { base64, hash } = signed(devnet, user, counter, [callAction("increase")]);
        await result(devnet, "broadcast_tx_async", [base64]);
        settle(devnet);
        const shards = [devnet.chain.layout.of(counter)];
        assert.notDeepEqual(shards, [devnet.chain.layout.of(user)]);
        await control(devnet, "POST /faults", { method: "EXPERIMENTAL_tx_status", kind: "untracked", shards });
        const partial = await result(devnet, "EXPERIMENTAL_tx_status", asked(hash));
        assert.deepEqual([partial.status, partial.receipts_outcome], ["Started", []]);
        const whole = await result(devnet, "EXPERIMENTAL_tx_status", asked(hash));
        assert.ok(whole.receipts_outcome.length > 0);
      },
      { shards: 5, seed: "apart" },
    ));
});
