import assert from "node:assert/strict";
import { Code } from "@connectrpc/connect";
import {
  encodeBase58,
  encodeBase64,
  nep413Hash,
  parsePublicKey,
  parseSignature,
  verifySignature,
} from "@outlayer/near";
import { failure, reasonOf, startProxy, type TestProxy } from "./support/proxy.ts";
import {
  deadlineMs,
  grantedStep,
  intentsCall,
  nonceUntil,
  plainCall,
  requestId,
  transfer,
  walletAccountId,
  walletId,
} from "./support/samples.ts";
import { paths, walletKey } from "./support/scripted-keystore.ts";

/** A payload that the wallet signed, as SignStep answers it. */
async function payloadOf(proxy: TestProxy): Promise<string> {
  const { payloadJson } = await proxy.client.signStep(await grantedStep(proxy, intentsCall([transfer("5")])));
  return payloadJson ?? "";
}

const about = { walletId, requestId, step: 0 };

describe("SignCancel", () => {
  it("signs the same nonce, account and deadline with no intents, and asks no policy", async () => {
    await using proxy = await startProxy();
    const payloadJson = await payloadOf(proxy);
    const checks = proxy.keystore.received(paths.policy).length;
    const delegates = proxy.keystore.received(paths.delegate).length;
    const cancel = await proxy.client.signCancel({ ...about, payloadJson });
    const original = JSON.parse(payloadJson);
    const { payload, signature, public_key, standard } = JSON.parse(cancel.payloadJson);
    const message = `{"signer_id":"${walletAccountId}","deadline":"2026-04-24T19:05:00Z","intents":[]}`;
    assert.deepEqual(payload, { message, nonce: original.payload.nonce, recipient: "intents.near" });
    assert.equal(JSON.parse(original.payload.message).deadline, JSON.parse(message).deadline);
    assert.deepEqual([standard, public_key], ["nep413", walletKey(walletId).publicKey]);
    const hash = nep413Hash({ message, nonce: nonceUntil(deadlineMs), recipient: "intents.near" });
    assert.ok(verifySignature(parsePublicKey(public_key), hash, parseSignature(signature)));
    assert.equal(cancel.intentHash, encodeBase58(hash));
    assert.equal(proxy.keystore.received(paths.policy).length, checks);
    assert.equal(proxy.keystore.received(paths.delegate).length, delegates);
  });

  it("hands the approval on with which the payload was signed", async () => {
    await using proxy = await startProxy();
    const payloadJson = await payloadOf(proxy);
    const approval = { requestId, approverIds: ["a"], requestHash: "ab" };
    await proxy.client.signCancel({ ...about, payloadJson, approval });
    const [, asked] = proxy.keystore.received(paths.nep413) as { approval_info?: object }[];
    assert.deepEqual(asked?.approval_info, { approver_ids: ["a"], request_hash: "ab" });
  });

  it("signs nothing for what the wallet itself did not sign for the verifier", async () => {
    await using proxy = await startProxy();
    const payloadJson = await payloadOf(proxy);
    const original = JSON.parse(payloadJson);
    const changed = (payload: object) => JSON.stringify({ ...original, payload: { ...original.payload, ...payload } });
    const nothing = [
      "{",
      "{}",
      `{"standard":"nep413",${payloadJson.slice(1)}`,
      changed({ nonce: encodeBase64(new Uint8Array(32)) }),
      changed({ nonce: encodeBase64(new Uint8Array(31)) }),
      changed({ nonce: "?" }),
      changed({ recipient: "other.near" }),
      changed({ message: original.payload.message.replace("mike", "eve") }),
      changed({ callbackUrl: "https://example.com" }),
      JSON.stringify({ ...original, public_key: walletKey("wallet-2").publicKey }),
      JSON.stringify({ ...original, signature: `ed25519:${"1".repeat(64)}` }),
      JSON.stringify({ ...original, signature: "ed25519:?" }),
    ];
    for (const payloadJson of nothing) {
      const error = await failure(proxy.client.signCancel({ ...about, payloadJson }));
      assert.equal(error.code, Code.InvalidArgument, payloadJson);
    }
    const foreign = await failure(proxy.client.signCancel({ ...about, walletId: "wallet-2", payloadJson }));
    assert.equal(foreign.code, Code.InvalidArgument);
    assert.equal(proxy.keystore.received(paths.nep413).length, 1, "but for the payload itself");
  });

  it("does not take a signature that does not verify, or of another key", async () => {
    await using proxy = await startProxy();
    const payloadJson = await payloadOf(proxy);
    for (const public_key of [walletKey(walletId).publicKey, walletKey("wallet-2").publicKey]) {
      proxy.keystore.script(paths.nep413, () => ({
        json: { signature_base58: `ed25519:${"1".repeat(64)}`, public_key },
      }));
      assert.equal(reasonOf(await failure(proxy.client.signCancel({ ...about, payloadJson }))), "BAD_SIGNATURE");
    }
  });

  it("says that the keystore is away, so that it is asked again", async () => {
    await using proxy = await startProxy();
    const payloadJson = await payloadOf(proxy);
    proxy.keystore.script(paths.nep413, () => "drop");
    assert.equal((await failure(proxy.client.signCancel({ ...about, payloadJson }))).code, Code.Unavailable);
  });

  it("has nothing to do with plain calls: they have no payload", async () => {
    await using proxy = await startProxy();
    const { payloadJson } = await proxy.client.signStep(await grantedStep(proxy, plainCall()));
    assert.equal(payloadJson, undefined);
    assert.equal((await failure(proxy.client.signCancel({ ...about, payloadJson: "" }))).code, Code.InvalidArgument);
  });
});
