import assert from "node:assert/strict";
import { RpcNearNode } from "../src/adapters/near/rpc-near-node.ts";
import { type Block, BlockUnknown, RpcUnavailable, ViewFailed } from "../src/core/ports/near-node.ts";
import { type Answer, isUnknown, nodeError, reset, result, TwoNodes } from "./support/scripted-node.ts";

describe("the RPC client", () => {
  const suite = new TwoNodes();
  const { first, second, client } = suite;

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
        assert.equal(await near().callTarget("a.near"), standing);
      });
    }

    const at = { height: 7, hash: "b7" } as Block;
    const listed = { keys: [{ public_key: "ed25519:1", access_key: { nonce: 1, permission: "FullAccess" } }] };
    const key = { publicKey: "ed25519:1", permission: { kind: "full_access" } };
    const keyLists: readonly [name: string, list: Answer, account: Answer, keys: unknown][] = [
      ["keys", result(listed), nodeError("INTERNAL_ERROR"), [key]],
      ["an account without keys", result({ keys: [] }), result(bare), []],
      ["no account, and no keys of it", result({ keys: [] }), nodeError("UNKNOWN_ACCOUNT"), undefined],
      ["no account", nodeError("UNKNOWN_ACCOUNT"), nodeError("UNKNOWN_ACCOUNT"), undefined],
    ];
    for (const [name, list, account, keys] of keyLists) {
      it(`tells at a block which keys an account has: ${name}`, async () => {
        const asked: unknown[] = [];
        first.answer = (method, response, params) => {
          const { request_type: type, block_id: block } = params as { request_type: string; block_id: string };
          asked.push(block);
          (type === "view_account" ? account : list)(method, response);
        };
        assert.deepEqual(await near().accessKeysAt("a.near", at), keys);
        assert.deepEqual(new Set(asked), new Set(["b7"]));
      });
    }

    it("says nothing of keys at a block that the node has not got", async () => {
      first.answer = second.answer = nodeError("UNKNOWN_BLOCK");
      await assert.rejects(near().accessKeysAt("a.near", at), BlockUnknown);
      await assert.rejects(near().view("intents.near", "public_keys_of", {}, at), BlockUnknown);
      await assert.rejects(near().deletedKeys(at, ["a.near"]), BlockUnknown);
    });

    it("reads the keys that a block deleted, but for those that are there again at its end", async () => {
      const change = (type: string, account_id: string, public_key: string) => ({
        type,
        change: { account_id, public_key },
      });
      const changes = [
        change("access_key_deletion", "a.near", "ed25519:1"),
        change("access_key_update", "a.near", "ed25519:1"),
        change("access_key_update", "b.near", "ed25519:1"),
        change("access_key_deletion", "b.near", "ed25519:1"),
        change("of_a_later_version", "b.near", "ed25519:2"),
      ];
      first.answer = result({ block_hash: "b7", changes });
      assert.deepEqual(await near().deletedKeys(at, ["a.near", "b.near"]), [
        { accountId: "b.near", publicKey: "ed25519:1" },
      ]);
    });

    it("does not say that an account does not exist where the node only has not got there", async () => {
      for (const answer of [nodeError("UNKNOWN_BLOCK"), nodeError("UNAVAILABLE_SHARD"), reset, result({})]) {
        first.answer = second.answer = answer;
        await assert.rejects(near().callTarget("a.near"));
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
      assert.equal(await isUnknown(near(), 100), true);
      assert.equal(await isUnknown(near(), 101), false);
      second.answer = block(99);
      assert.equal(await isUnknown(near(), 100), false);
      const known = { transaction_outcome: { id: "t", block_hash: "b", outcome: {} } };
      second.answer = (method, response) => (method === "block" ? block(100) : result(known))(method, response);
      assert.equal(await isUnknown(near(), 100), false);
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
});
