import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { DirectUserCallSchema } from "@outlayer/contracts/outlayer/workflow/v1/direct_user";
import { Code } from "@outlayer/kit";
import {
  decodeBase64,
  encodeBase64,
  encodeHex,
  type FunctionCallTransaction,
  type KeyPair,
  keyPairFromSeed,
  sha256,
  signTransaction,
} from "@outlayer/near";
import { counterScope } from "@outlayer/workflow";
import { reservedFor } from "./support/evidence-word.ts";
import { failure, reasonOf, startProxy, type TestProxy } from "./support/proxy.ts";
import { plainCall, requestId, walletId } from "./support/samples.ts";
import { type Body, paths } from "./support/scripted-keystore.ts";

const prepare = "/wallet/direct-user/prepare-function-call-key";
const sign = "/wallet/direct-user/sign-scoped-function-calls";
const methodsHash = encodeHex(sha256("increase"));
const seed = `wallet:${walletId}:near:direct-user-fc:mike.near:mike.sequential.near:count.mike.near:${methodsHash}:v1`;
const key = keyPairFromSeed(createHmac("sha256", new Uint8Array(32).fill(7)).update(seed).digest());
const label = `outlayer:${walletId}:direct-user-fc:mike.sequential.near:count.mike.near:v1`;
const scope = { ...counterScope, methodNames: [...counterScope.methodNames] };
const call = create(DirectUserCallSchema, {
  scope,
  methodName: "increase",
  gas: "30000000000000",
  args: new TextEncoder().encode("{}"),
});
const nonce = 200_000_000_000_001n;
const blockHash = "9fK2vX1sTq6mB4nD8cZ7yR3wHj5LgPe2aUxWkFtMoNQi";

/** What a keystore that works answers about the key. */
const keyAnswer = {
  user_id: "mike.near",
  registry_id: "mike.sequential.near",
  receiver_id: "count.mike.near",
  method_names: ["increase"],
  method_names_hash: methodsHash,
  public_key: key.publicKey,
  key_label: label,
};

/** Signs what was asked, but for what is changed. */
function signed(body: Body, change: Partial<FunctionCallTransaction> = {}, by: KeyPair = key) {
  const [action] = body.actions as { method_name: string; args_base64: string; gas: number; deposit: string }[];
  const transaction: FunctionCallTransaction = {
    signerId: String(body.user_id),
    nonce: BigInt(Number(body.override_nonce)),
    receiverId: String(body.receiver_id),
    blockHash,
    methodName: action?.method_name ?? "",
    args: decodeBase64(action?.args_base64 ?? ""),
    gas: BigInt(action?.gas ?? 0),
    deposit: BigInt(action?.deposit ?? "0"),
    ...change,
  };
  const { hash, bytes } = signTransaction(transaction, by);
  return {
    signed_tx_base64: encodeBase64(bytes),
    tx_hash: hash,
    signer_id: transaction.signerId,
    public_key: by.publicKey,
    key_label: label,
    nonce: Number(transaction.nonce),
  };
}

async function granted({ client }: TestProxy, asked = call) {
  const checked = await client.checkDirectUserPolicy({
    walletId,
    requestId,
    call: asked,
    terms: { publicKey: key.publicKey, nonce },
  });
  const { verdict } = checked;
  assert.equal(verdict.case, "allowed");
  const grant = verdict.value.grants[0] ?? "";
  const reservation = reservedFor(walletId, requestId, checked);
  return { walletId, requestId, call: asked, grant, reservation, publicKey: key.publicKey, nonce };
}

describe("PrepareDirectUserKey", () => {
  it("gives the key of an allowed scope, its methods in any order and number", async () => {
    await using proxy = await startProxy();
    proxy.keystore.script(prepare, () => ({ json: keyAnswer }));
    const asked = { ...scope, methodNames: [" increase", "increase"] };
    const { publicKey, keyLabel, methodNamesHash } = await proxy.client.prepareDirectUserKey({
      walletId,
      scope: asked,
    });
    assert.deepEqual([publicKey, keyLabel, methodNamesHash], [key.publicKey, label, methodsHash]);
    const [body] = proxy.keystore.received(prepare);
    assert.deepEqual(body?.method_names, ["increase"]);
  });

  it("asks the keystore for no other scope", async () => {
    await using proxy = await startProxy();
    for (const change of [
      { userId: "eve.near" },
      { registryId: "x.near" },
      { receiverId: "x.near" },
      { methodNames: [] },
    ]) {
      const error = await failure(proxy.client.prepareDirectUserKey({ walletId, scope: { ...scope, ...change } }));
      assert.equal(error.code, Code.InvalidArgument);
      assert.match(error.rawMessage, /^direct-user calls are allowed for this scope only: user_id mike\.near/);
    }
    assert.deepEqual(proxy.keystore.received(prepare), []);
  });

  const wrong: readonly [field: keyof typeof keyAnswer, value: unknown][] = [
    ["user_id", "eve.near"],
    ["registry_id", "eve.near"],
    ["receiver_id", "eve.near"],
    ["method_names", ["increase", "steal"]],
    ["method_names_hash", "00".repeat(32)],
    ["public_key", "ed25519:1111"],
    ["key_label", " "],
  ];
  for (const [field, value] of wrong) {
    it(`refuses a key with another ${field}`, async () => {
      await using proxy = await startProxy();
      proxy.keystore.script(prepare, () => ({ json: { ...keyAnswer, [field]: value } }));
      const error = await failure(proxy.client.prepareDirectUserKey({ walletId, scope }));
      assert.deepEqual([error.code, reasonOf(error)], [Code.FailedPrecondition, "BAD_SIGNATURE"]);
      const text = `the keystore's answer does not hold: scoped key: ${field} is not what was asked for`;
      assert.equal(error.rawMessage, text);
    });
  }
});

describe("CheckDirectUserPolicy", () => {
  it("asks about one call of the receiver, without value", async () => {
    await using proxy = await startProxy();
    await granted(proxy);
    const [{ action } = { action: undefined }] = proxy.keystore.received(paths.policy) as { action?: object }[];
    assert.deepEqual(action, {
      type: "call",
      token: "native",
      to: "count.mike.near",
      amount: "0",
      current_usage: { hourly: {}, daily: {}, monthly: {}, hourly_tx_count: 0 },
      receiver_id: "count.mike.near",
      method_name: "increase",
      gas: "30000000000000",
      lane: "direct_user",
    });
  });

  it("passes a denial on, with no grant", async () => {
    await using proxy = await startProxy();
    proxy.keystore.script(paths.policy, () => ({ json: { allowed: false, frozen: false, reason: "no", policy: {} } }));
    const { verdict } = await proxy.client.checkDirectUserPolicy({ walletId, requestId, call });
    assert.equal(verdict.case, "denied");
    assert.equal(verdict.value.reason, "no");
  });
});

describe("SignDirectUserCall", () => {
  it("gives out the transaction that was asked for", async () => {
    await using proxy = await startProxy();
    proxy.keystore.script(sign, (body) => ({ json: signed(body) }));
    const answer = await proxy.client.signDirectUserCall(await granted(proxy));
    const [body] = proxy.keystore.received(sign);
    const truth = signed(body ?? {});
    assert.deepEqual(
      [encodeBase64(answer.signedTransaction), answer.txHash, answer.blockHash, answer.keyLabel],
      [truth.signed_tx_base64, truth.tx_hash, blockHash, label],
    );
    assert.deepEqual(
      [body?.override_nonce, body?.actions],
      [Number(nonce), [{ method_name: "increase", args_base64: "e30=", gas: 30_000_000_000_000, deposit: "0" }]],
    );
  });

  const another = keyPairFromSeed(new Uint8Array(32).fill(1));
  const altered = (field: string) => `user's call: ${field} is not what was asked for`;
  const lies: readonly [name: string, answer: (body: Body) => object, message: string][] = [
    ["another receiver", (body) => signed(body, { receiverId: "eve.near" }), altered("receiver_id")],
    ["another method", (body) => signed(body, { methodName: "steal" }), altered("method_name")],
    ["other arguments", (body) => signed(body, { args: new Uint8Array(1) }), altered("args")],
    ["more gas", (body) => signed(body, { gas: 300_000_000_000_000n }), altered("gas")],
    ["a deposit", (body) => signed(body, { deposit: 1n }), altered("deposit")],
    ["another nonce", (body) => signed(body, { nonce: nonce + 1n }), altered("nonce")],
    ["another nonce beside it", (body) => ({ ...signed(body), nonce: 1 }), altered("nonce")],
    ["another signer", (body) => signed(body, { signerId: "eve.near" }), altered("signer_id")],
    ["another signer beside it", (body) => ({ ...signed(body), signer_id: "eve.near" }), altered("signer_id")],
    ["another key", (body) => signed(body, {}, another), altered("public_key")],
    ["another key beside it", (body) => ({ ...signed(body), public_key: another.publicKey }), altered("public_key")],
    ["another hash", (body) => ({ ...signed(body), tx_hash: blockHash }), altered("tx_hash")],
    ["no label", (body) => ({ ...signed(body), key_label: "" }), altered("key_label")],
    ["a flipped bit in the signature", (body) => flipped(body), "user's call: the signature does not verify"],
    ["trailing bytes", (body) => lengthened(body), "user's call: it cannot be decoded"],
    ["no base64", (body) => ({ ...signed(body), signed_tx_base64: "?" }), "user's call: it cannot be decoded"],
  ];
  for (const [name, answer, message] of lies) {
    it(`refuses one with ${name}`, async () => {
      await using proxy = await startProxy();
      proxy.keystore.script(sign, (body) => ({ json: answer(body) }));
      const error = await failure(proxy.client.signDirectUserCall(await granted(proxy)));
      assert.deepEqual([error.code, reasonOf(error)], [Code.FailedPrecondition, "BAD_SIGNATURE"]);
      assert.equal(error.rawMessage, `the keystore's answer does not hold: ${message}`);
    });
  }

  it("asks for nothing without a grant for exactly this call (rule: no-signature-without-a-grant)", async () => {
    await using proxy = await startProxy();
    const request = await granted(proxy);
    const { verdict } = await proxy.client.checkPolicy({ walletId, requestId, calls: [plainCall()] });
    assert.equal(verdict.case, "allowed");
    const changes = [
      { grant: verdict.value.grants[0] ?? "" },
      { walletId: "wallet-2" },
      { requestId: "0192f3c0-7a1b-7c3d-8e4f-0123456789ff" },
      { call: create(DirectUserCallSchema, { ...call, gas: "30000000000001" }) },
      { call: create(DirectUserCallSchema, { ...call, args: new Uint8Array(1) }) },
      { nonce: nonce + 1n },
    ];
    for (const change of changes) {
      const error = await failure(proxy.client.signDirectUserCall({ ...request, ...change }));
      assert.deepEqual([error.code, reasonOf(error)], [Code.PermissionDenied, "GRANT_INVALID"]);
    }
    proxy.time.advance(60_000);
    const late = await failure(proxy.client.signDirectUserCall(request));
    assert.equal(reasonOf(late), "GRANT_EXPIRED");
    assert.deepEqual(proxy.keystore.received(sign), []);
  });

  it("signs no method outside the scope, whatever was granted", async () => {
    await using proxy = await startProxy();
    const request = await granted(proxy);
    const steal = create(DirectUserCallSchema, { ...call, methodName: "steal" });
    const error = await failure(proxy.client.signDirectUserCall({ ...request, call: steal }));
    assert.deepEqual(
      [error.code, error.rawMessage],
      [Code.InvalidArgument, "call.method_name must be one of increase"],
    );
  });

  it("takes a keystore that cannot read the key for one that is away", async () => {
    await using proxy = await startProxy();
    const error = "Failed to query scoped direct-user access key: timeout";
    proxy.keystore.script(sign, () => ({ status: 500, json: { error } }));
    const refused = await failure(proxy.client.signDirectUserCall(await granted(proxy)));
    assert.equal(refused.code, Code.Unavailable);
  });
});

function flipped(body: Body): object {
  const answer = signed(body);
  const bytes = decodeBase64(answer.signed_tx_base64);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  return { ...answer, signed_tx_base64: encodeBase64(bytes) };
}

function lengthened(body: Body): object {
  const answer = signed(body);
  return { ...answer, signed_tx_base64: encodeBase64(Uint8Array.of(...decodeBase64(answer.signed_tx_base64), 0)) };
}
