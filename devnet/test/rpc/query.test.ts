import assert from "node:assert/strict";
import {
  AccessKeyListSchema,
  AccessKeyViewSchema,
  AccountViewSchema,
  CallResultSchema,
  RpcQueryResponseSchema,
} from "@near-js/jsonrpc-types";
import { describe, it } from "mocha";
import type { Devnet } from "../../src/devnet.ts";
import { accountNames } from "../../src/genesis.ts";
import { assertSchema, near, refusal, result, withDevnet } from "./support.ts";

const { user, counter, relayer } = accountNames;
const unknownKey = "ed25519:11111111111111111111111111111111";

function query(devnet: Devnet, params: Record<string, unknown>) {
  return result(devnet, "query", { finality: "final", ...params });
}

function keyOf(devnet: Devnet, id: string): string {
  return devnet.chain.view().state().publicKeys(id)[0] ?? "";
}

function view(method_name: string, args: unknown = {}, account_id: string = counter) {
  const args_base64 = Buffer.from(JSON.stringify(args)).toString("base64");
  return { request_type: "call_function", account_id, method_name, args_base64 };
}

describe("query", () => {
  it("shows accounts, keys, and what views answer, in nearcore's shape", () =>
    withDevnet(async (devnet) => {
      const account = await query(devnet, { request_type: "view_account", account_id: relayer });
      assertSchema(AccountViewSchema, account);
      assertSchema(RpcQueryResponseSchema, account);
      assert.equal(account.amount, `${1_000n * near}`);
      assert.equal(account.code_hash, "11111111111111111111111111111111");
      const public_key = keyOf(devnet, relayer);
      const key = await query(devnet, { request_type: "view_access_key", account_id: relayer, public_key });
      assertSchema(AccessKeyViewSchema, key);
      assert.equal(key.permission, "FullAccess");
      assert.equal(key.nonce, 200_000_000 * 1_000_000);
      const list = await query(devnet, { request_type: "view_access_key_list", account_id: relayer });
      assertSchema(AccessKeyListSchema, list);
      assert.deepEqual(list.keys, [{ public_key, access_key: { nonce: key.nonce, permission: "FullAccess" } }]);
      const count = await query(devnet, view("get_count"));
      assertSchema(CallResultSchema, count);
      assert.equal(Buffer.from(count.result).toString(), "0");
      assert.equal(count.block_hash, devnet.chain.view().final().hash);
    }));

  it("shows a function call key's permission", () =>
    withDevnet(async (devnet) => {
      const permission = {
        kind: "functionCall",
        receiverId: counter,
        methodNames: ["increase"],
        allowance: 5n,
      } as const;
      devnet.controls.accounts.addKey(user, unknownKey, permission);
      const params = {
        request_type: "view_access_key",
        account_id: user,
        public_key: unknownKey,
        finality: "optimistic",
      };
      const key = await query(devnet, params);
      assertSchema(AccessKeyViewSchema, key);
      assert.deepEqual(key.permission, {
        FunctionCall: { allowance: "5", receiver_id: counter, method_names: ["increase"] },
      });
    }));

  it("answers the state of the block that is asked for", () =>
    withDevnet(async (devnet) => {
      const before = devnet.chain.head;
      devnet.controls.blocks.mine({ blocks: 1 });
      devnet.controls.accounts.setBalance(user, 7n);
      const amount = async (reference: Record<string, unknown>) =>
        (await result(devnet, "query", { request_type: "view_account", account_id: user, ...reference })).amount;
      assert.equal(await amount({ finality: "optimistic" }), "7");
      assert.equal(await amount({ finality: "final" }), `${100n * near}`);
      assert.equal(await amount({ block_id: before.hash }), `${100n * near}`);
      assert.equal(await amount({ block_id: Number(devnet.chain.head.height) }), "7");
      devnet.controls.blocks.mine({ blocks: 2 });
      assert.equal(await amount({ finality: "final" }), "7");
      assert.equal(await amount({ block_id: before.hash }), `${100n * near}`);
    }));

  it("runs views on that state too, with its height and time", () =>
    withDevnet(async (devnet) => {
      const { gate } = accountNames;
      devnet.controls.blocks.mine();
      devnet.controls.gate.setRelayer(user, true);
      const isRelayer = async (finality: string) => {
        const found = await query(devnet, { ...view("is_relayer", { account_id: user }, gate), finality });
        return JSON.parse(Buffer.from(found.result).toString());
      };
      assert.equal(await isRelayer("final"), false);
      assert.equal(await isRelayer("optimistic"), true);
    }));

  it("bounds the gas that a view burns, and the length of its answer", () =>
    withDevnet(async (devnet) => {
      const { hostile } = accountNames;
      const most = 4_194_304;
      // Two bytes are its quotes.
      const longest = await query(devnet, view("huge", { bytes: most - 2 }, hostile));
      assert.equal(longest.result.length, most);
      const longer = await query(devnet, view("huge", { bytes: most - 1 }, hostile));
      assert.match(longer.error, /The length of a returned value 4194305 exceeds the limit 4194304/);
      assert.match((await query(devnet, view("burn_all", {}, hostile))).error, /Exceeded the prepaid gas/);
    }));

  it("says that an account does not exist", () =>
    withDevnet(async (devnet) => {
      const { height, hash } = devnet.chain.view().final();
      const asked = { request_type: "view_account", account_id: "nobody.near", finality: "final" };
      assert.deepEqual(await refusal(devnet, "query", asked), {
        status: 200,
        name: "HANDLER_ERROR",
        cause: {
          info: { block_hash: hash, block_height: Number(height), requested_account_id: "nobody.near" },
          name: "UNKNOWN_ACCOUNT",
        },
        data: "account nobody.near does not exist while viewing",
      });
    }));

  it("puts a missing key and a failed view inside the result, or into the error, as nodes differ", () =>
    withDevnet(async (devnet) => {
      const { height, hash } = devnet.chain.view().final();
      const missing = { request_type: "view_access_key", account_id: user, public_key: unknownKey };
      assert.deepEqual(await query(devnet, missing), {
        error: `access key ${unknownKey} does not exist while viewing`,
        logs: [],
        block_height: Number(height),
        block_hash: hash,
      });
      assert.equal(
        (await query(devnet, view("no_method"))).error,
        "wasm execution failed with error: MethodResolveError(MethodNotFound)",
      );
      const bad = view("get_pending", { intent_id: 3 }, accountNames.gate);
      assert.match(
        (await query(devnet, bad)).error,
        /HostError\(GuestPanic \{ panic_msg: "Failed to deserialize input/,
      );
      assert.equal(
        (await query(devnet, view("any", {}, user))).error,
        `wasm execution failed with error: CompilationError(CodeDoesNotExist { account_id: AccountId("${user}") })`,
      );
      devnet.controls.rpc.setQueryErrors("error");
      const asked = { finality: "final" };
      assert.equal((await refusal(devnet, "query", { ...asked, ...missing })).cause.name, "UNKNOWN_ACCESS_KEY");
      const failed = await refusal(devnet, "query", { ...asked, ...view("no_method") });
      assert.equal(failed.cause.name, "CONTRACT_EXECUTION_ERROR");
      assert.equal(failed.cause.info.vm_error, "wasm execution failed with error: MethodResolveError(MethodNotFound)");
    }));

  it("does not let views change anything", () =>
    withDevnet(async (devnet) => {
      assert.equal(Buffer.from((await query(devnet, view("increase"))).result).toString(), "1");
      assert.equal(Buffer.from((await query(devnet, view("get_count"))).result).toString(), "0");
    }));

  it("has forgotten the state of old blocks", () =>
    withDevnet(
      async (devnet) => {
        const old = devnet.chain.head;
        devnet.controls.blocks.mine({ blocks: 20 });
        const asked = { request_type: "view_account", account_id: user, block_id: old.hash };
        const { cause } = await refusal(devnet, "query", asked);
        const info = { block_height: Number(old.height), block_hash: old.hash };
        assert.deepEqual(cause, { info, name: "GARBAGE_COLLECTED_BLOCK" });
      },
      { historyBlocks: 10 },
    ));

  it("refuses parameters as nearcore's parser does", () =>
    withDevnet(async (devnet) => {
      const data = async (params: Record<string, unknown>) => (await refusal(devnet, "query", params)).data;
      const base = { request_type: "view_account", finality: "final" };
      assert.equal(await data(base), "Failed parsing args: missing field `account_id`");
      assert.match(await data({ ...base, account_id: "X" }), /Account ID is too short/);
      assert.match(await data({ request_type: "view_everything", finality: "final" }), /unknown variant/);
      assert.match(await data({ ...view("get_count"), args_base64: "!", finality: "final" }), /Invalid/);
    }));
});
