import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "mocha";
import { readTransaction } from "../../src/chain/transaction.ts";
import { encodeBase58 } from "../../src/crypto/base58.ts";
import { decodeBase64 } from "../../src/crypto/base64.ts";
import { decodeSignedDelegate, delegateHash } from "../../src/crypto/delegate.ts";
import { formatKey, parsePublicKey, parseSignature } from "../../src/crypto/keys.ts";
import { nep413Hash } from "../../src/crypto/nep413.ts";
import { verifyHash } from "../../src/crypto/sign.ts";
import { implicitAccount, KeyDerivation } from "../../src/keystore/derivation.ts";
import {
  delegateRequest,
  nep413Request,
  paths,
  post,
  refused,
  scopedCallRequest,
  scopeRequest,
  walletAddress,
  withDevnet,
} from "./support.ts";

const vectors = JSON.parse(readFileSync(new URL("../fixtures/encoding-vectors.json", import.meta.url), "utf8"));
const scopedKey = "ed25519:FWhYFvht9CgfsUuo22f8k2iUW3bmDZxJ2UPq5iFdTTEy";
const methodsHash = "e20a548f23fa36bc8d5ba48237ec3ee4d4f00087841d3614f81749e3c6c1b47e";

describe("the keystore", () => {
  it("derives the published vector's address, with the key in hex", () =>
    withDevnet(async (devnet) => {
      const { status, json } = await post(devnet, paths.address, { wallet_id: "wallet-1", chain: "near", more: 1 });
      assert.equal(status, 200);
      assert.deepEqual(json, { address: walletAddress, public_key: `ed25519:${walletAddress}` });
      assert.equal(devnet.wallets[0]?.accountId, walletAddress);
    }));

  it("derives the counter scope's key, with methods trimmed, sorted and each once", () =>
    withDevnet(async (devnet) => {
      const expected = {
        user_id: "mike.near",
        registry_id: "mike.sequential.near",
        receiver_id: "count.mike.near",
        method_names: ["increase"],
        method_names_hash: methodsHash,
        public_key: scopedKey,
        key_label: "outlayer:wallet-1:direct-user-fc:mike.sequential.near:count.mike.near:v1",
      };
      assert.deepEqual((await post(devnet, paths.prepare, scopeRequest)).json, expected);
      const messy = { ...scopeRequest, method_names: [" increase", "increase "], key_label: "mine" };
      assert.deepEqual((await post(devnet, paths.prepare, messy)).json, { ...expected, key_label: "mine" });
      const two = await post(devnet, paths.prepare, { ...scopeRequest, method_names: ["b", "a"] });
      assert.deepEqual(two.json.method_names, ["a", "b"]);
      assert.notEqual(two.json.public_key, scopedKey);
    }));

  it("derives other keys from another master secret", () => {
    const other = new KeyDerivation(new Uint8Array(32).fill(8));
    assert.notEqual(implicitAccount(other.wallet("wallet-1")), walletAddress);
  });

  it("signs NEP-413 messages over the published hash", () =>
    withDevnet(async (devnet) => {
      const { message, recipient, nonce_hex, sha256_hex } = vectors.nep413;
      const nonce_base64 = Buffer.from(nonce_hex, "hex").toString("base64");
      const { json } = await post(devnet, paths.nep413, { ...nep413Request, message, recipient, nonce_base64 });
      assert.deepEqual(Object.keys(json), ["signature_base58", "public_key"]);
      const hash = nep413Hash({
        message,
        recipient,
        nonce: new Uint8Array(Buffer.from(nonce_hex, "hex")),
        callbackUrl: null,
      });
      assert.equal(Buffer.from(hash).toString("hex"), sha256_hex);
      assert.ok(verifyHash(parsePublicKey(json.public_key), hash, parseSignature(json.signature_base58)));
      assert.equal(json.public_key, devnet.wallets[0]?.publicKey);
    }));

  it("signs delegates, with every digit of a u64 kept", () =>
    withDevnet(async (devnet) => {
      const nonce = 18_446_744_073_709_551_615n;
      const raw = JSON.stringify({ ...delegateRequest, nonce: 1 }).replace('"nonce":1', `"nonce":${nonce}`);
      const headers = { authorization: `Bearer ${devnet.keystoreToken}`, "content-type": "application/json" };
      const { text, json } = await post(devnet, paths.delegate, null, { raw, headers });
      assert.ok(text.includes(`"nonce":${nonce}`));
      const { delegateAction, signature } = decodeSignedDelegate(decodeBase64(json.signed_delegate_base64));
      assert.equal(delegateAction.nonce, nonce);
      assert.equal(delegateAction.senderId, walletAddress);
      assert.equal(delegateAction.maxBlockHeight, 200_000_180n);
      const args = new Uint8Array(Buffer.from('{"signed":[]}'));
      assert.deepEqual(delegateAction.actions, [
        { kind: "functionCall", methodName: "execute_intents", args, gas: 100_000_000_000_000n, deposit: 0n },
      ]);
      assert.ok(verifyHash(delegateAction.publicKey, delegateHash(delegateAction), signature));
      assert.equal(json.delegate_hash, encodeBase58(delegateHash(delegateAction)));
      assert.equal(json.public_key, formatKey(delegateAction.publicKey));
      assert.deepEqual([json.sender_id, json.max_block_height], [walletAddress, 200_000_180]);
    }));

  it("signs a direct user's transaction with nonce and block hash of the chain", () =>
    withDevnet(async (devnet) => {
      const { accounts } = devnet.controls;
      const permission = {
        kind: "functionCall",
        receiverId: "count.mike.near",
        methodNames: ["increase"],
        allowance: 10n ** 23n,
      } as const;
      accounts.addKey("mike.near", scopedKey, permission);
      const nonce =
        accounts.get("mike.near")?.keys.find(({ publicKey }) => publicKey === scopedKey)?.accessKey.nonce ?? 0n;
      const { json } = await post(devnet, paths.scoped, scopedCallRequest);
      const transaction = readTransaction(json.signed_tx_base64);
      assert.equal(transaction.blockHash, devnet.chain.view().final().hash);
      assert.equal(transaction.nonce, nonce + 1n);
      assert.deepEqual(
        [json.tx_hash, json.signer_id, json.public_key, json.nonce],
        [transaction.hash, "mike.near", scopedKey, Number(nonce + 1n)],
      );
      devnet.chain.submit(transaction);
      devnet.controls.blocks.mine({ blocks: 3 });
      const count = devnet.chain.view().call("count.mike.near", "get_count", new Uint8Array());
      assert.equal(Buffer.from(count.value).toString(), "1");
      const overridden = await post(devnet, paths.scoped, { ...scopedCallRequest, override_nonce: 7 });
      assert.equal(readTransaction(overridden.json.signed_tx_base64).nonce, 7n);
      devnet.controls.rpc.setAway(true);
      const [status, error] = await refused(devnet, paths.scoped, { ...scopedCallRequest, override_nonce: 7 });
      assert.equal(status, 500);
      assert.match(error, /^Failed to query scoped direct-user access key: /);
    }));

  it("signs whatever the policy says: it checks none", () =>
    withDevnet(async (devnet) => {
      devnet.controls.wallets.setPolicy("wallet-1", { frozen: true });
      devnet.controls.wallets.setFrozen("wallet-1", true);
      assert.equal((await post(devnet, paths.delegate, delegateRequest)).status, 200);
      assert.equal((await post(devnet, paths.nep413, nep413Request)).status, 200);
    }));
});
