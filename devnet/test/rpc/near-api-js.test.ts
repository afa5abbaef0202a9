import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { Account, actions, JsonRpcProvider, KeyPairSigner } from "near-api-js";
import { accountNames } from "../../src/genesis.ts";
import { near, withDevnet } from "./support.ts";

const { user, counter, register } = accountNames;

describe("near-api-js", () => {
  it("sends a transfer, calls and views", () =>
    withDevnet(
      async (devnet) => {
        const provider = new JsonRpcProvider({ url: devnet.rpcUrl });
        const signer = KeyPairSigner.fromSecretKey(devnet.secretKey(user) as `ed25519:${string}`);
        const account = new Account(user, provider, signer);
        assert.equal(await provider.getNetworkId(), "devnet");
        const before = (await provider.viewAccount({ accountId: register })).amount;
        const transfer = await account.signAndSendTransaction({
          receiverId: register,
          actions: [actions.transfer(near)],
          waitUntil: "FINAL",
        });
        assert.deepEqual(transfer.status, { SuccessValue: "" });
        assert.equal((await provider.viewAccount({ accountId: register })).amount, before + near);
        const counted = await account.callFunction({ contractId: counter, methodName: "increase", args: {} });
        assert.equal(counted, 1);
        assert.equal(await provider.callFunction({ contractId: counter, method: "get_count", args: {} }), 1);
        const keys = await provider.viewAccessKeyList({ accountId: user });
        assert.equal(keys.keys.length, 1);
        const block = await provider.viewBlock({ finality: "final" });
        assert.equal(block.header.height, (await provider.viewBlock({ blockId: block.header.hash })).header.height);
        await assert.rejects(
          () => account.callFunction({ contractId: counter, methodName: "missing", args: {} }),
          /MethodNotFound|not found/i,
        );
      },
      { blockTimeMs: 5 },
    ));
});
