import assert from "node:assert/strict";
import { Code } from "@connectrpc/connect";
import { decodeBase64, encodeBase64 } from "@outlayer/near";
import { failure, reasonOf, startProxy } from "./support/proxy.ts";
import { grantedStep, intentsCall, plainCall, transfer, walletId } from "./support/samples.ts";
import { type Body, paths, signDelegate, signNep413, walletKey } from "./support/scripted-keystore.ts";

const intents = intentsCall([transfer("5")]);
const key = walletKey(walletId);

describe("SignStep takes nothing from the keystore that does not hold", () => {
  const foreign = walletKey("wallet-2");
  const payloads: readonly [string, (body: Body) => object, string][] = [
    ["a payload signed by another key", (body) => signNep413(foreign, body), "payload: the key is not the wallet's"],
    [
      "a payload that another key signed in the wallet's name",
      (body) => ({ ...signNep413(foreign, body), public_key: key.publicKey }),
      "payload: the signature does not verify",
    ],
    [
      "a signature over another message",
      (body) => signNep413(key, { ...body, message: `${body.message} ` }),
      "payload: the signature does not verify",
    ],
    [
      "a signature for another recipient",
      (body) => signNep413(key, { ...body, recipient: "other.near" }),
      "payload: the signature does not verify",
    ],
    [
      "a signature under another nonce",
      (body) => signNep413(key, { ...body, nonce_base64: encodeBase64(new Uint8Array(32)) }),
      "payload: the signature does not verify",
    ],
    [
      "a signature that is none",
      (body) => ({ ...signNep413(key, body), signature_base58: "ed25519:" }),
      "payload: the signature cannot be read",
    ],
  ];
  for (const [name, answer, message] of payloads) {
    it(name, async () => {
      await using proxy = await startProxy();
      proxy.keystore.script(paths.nep413, (body) => ({ json: answer(body) }));
      const error = await failure(proxy.client.signStep(await grantedStep(proxy, intents)));
      assert.equal(error.code, Code.FailedPrecondition);
      assert.equal(error.rawMessage, `the keystore's answer does not hold: ${message}`);
      assert.equal(reasonOf(error), "BAD_SIGNATURE");
      assert.equal(proxy.keystore.received(paths.delegate).length, 0);
      await proxy.logged('"level":"error"');
    });
  }

  const altered = (field: string) => `delegate: ${field} is not what was asked for`;
  const delegates: readonly [string, (body: Body) => object, string][] = [
    ["another sender", (body) => signDelegate(key, body, { sender_id: "alice.near" }), altered("sender_id")],
    ["another receiver", (body) => signDelegate(key, body, { receiver_id: "evil.near" }), altered("receiver_id")],
    ["another method", (body) => signDelegate(key, body, { method_name: "other" }), altered("method_name")],
    ["other arguments", (body) => signDelegate(key, body, { args_base64: "e30=" }), altered("args")],
    [
      "arguments with a byte more",
      (body) => signDelegate(key, body, { args_base64: "eyJ2YWx1ZSI6NX0g" }),
      altered("args"),
    ],
    ["more gas", (body) => signDelegate(key, body, { gas: 30_000_000_000_001 }), altered("gas")],
    ["a larger deposit", (body) => signDelegate(key, body, { deposit: "1" }), altered("deposit")],
    ["another nonce", (body) => signDelegate(key, body, { nonce: 7 }), altered("nonce")],
    [
      "another height",
      (body) => signDelegate(key, body, { max_block_height: 200_000_181 }),
      altered("max_block_height"),
    ],
    ["another key", (body) => signDelegate(foreign, body), altered("public_key")],
    [
      "a hash of something else",
      (body) => ({ ...signDelegate(key, body), delegate_hash: "1" }),
      altered("delegate_hash"),
    ],
    ["a nonce beside it that differs", (body) => ({ ...signDelegate(key, body), nonce: 7 }), altered("nonce")],
    [
      "a key beside it that differs",
      (body) => ({ ...signDelegate(key, body), public_key: "x" }),
      altered("public_key"),
    ],
    [
      "a height beside it that differs",
      (body) => ({ ...signDelegate(key, body), max_block_height: 1 }),
      altered("max_block_height"),
    ],
    [
      "a sender beside it that differs",
      (body) => ({ ...signDelegate(key, body), sender_id: "a.near" }),
      altered("sender_id"),
    ],
    [
      "a flipped bit in the signature",
      (body) => flipped(signDelegate(key, body), 1),
      "delegate: the signature does not verify",
    ],
    [
      "a flipped bit in what counts bytes",
      (body) => flipped(signDelegate(key, body), "first"),
      "delegate: it cannot be decoded",
    ],
    ["trailing bytes", (body) => lengthened(signDelegate(key, body)), "delegate: it cannot be decoded"],
    [
      "no base64",
      (body) => ({ ...signDelegate(key, body), signed_delegate_base64: "?" }),
      "delegate: it cannot be decoded",
    ],
  ];
  for (const [name, answer, message] of delegates) {
    it(`a delegate with ${name}`, async () => {
      await using proxy = await startProxy();
      proxy.keystore.script(paths.delegate, (body) => ({ json: answer(body) }));
      const error = await failure(proxy.client.signStep(await grantedStep(proxy, plainCall())));
      assert.equal(error.code, Code.FailedPrecondition);
      assert.equal(error.rawMessage, `the keystore's answer does not hold: ${message}`);
      assert.equal(reasonOf(error), "BAD_SIGNATURE");
      await proxy.logged('"level":"error"');
    });
  }

  for (const nonce of ["9007199254740993", "1.5", '"7"', "null"]) {
    it(`a nonce that is no exact integer: ${nonce}`, async () => {
      await using proxy = await startProxy();
      proxy.keystore.script(paths.delegate, (body) => {
        const text = JSON.stringify({ ...signDelegate(key, body), nonce: "NONCE" }).replace('"NONCE"', nonce);
        return { status: 200, type: "application/json", text };
      });
      const error = await failure(proxy.client.signStep(await grantedStep(proxy, plainCall())));
      assert.equal(error.code, Code.Unavailable);
      assert.equal(
        error.rawMessage,
        "wrong keystore: /wallet/sign-nep366-delegate: its answer has another shape (nonce)",
      );
    });
  }
});

/** @param where so many bytes from the end, or the first byte */
function flipped(answer: { signed_delegate_base64: string }, where: number | "first"): object {
  const bytes = decodeBase64(answer.signed_delegate_base64);
  const at = where === "first" ? 0 : bytes.length - where;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return { ...answer, signed_delegate_base64: encodeBase64(bytes) };
}

function lengthened(answer: { signed_delegate_base64: string }): object {
  const bytes = decodeBase64(answer.signed_delegate_base64);
  return { ...answer, signed_delegate_base64: encodeBase64(Uint8Array.of(...bytes, 0)) };
}
