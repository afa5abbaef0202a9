import assert from "node:assert/strict";
import { encodeBase58, formatPublicKey, nep413Hash, verifierNonce, verifySignature } from "@outlayer/near";
import fc from "fast-check";
import { createTransaction, encodeTransaction, actions as nearActions, PublicKey } from "near-api-js";
import * as encoding from "../common/encoding.js";
import { amountText, rawAmount, shownAmount } from "../common/tokens.js";
import * as page from "../page/intents.js";
import { Key } from "../wallet/key.js";
import * as wallet from "../wallet/near.js";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const publicKey = formatPublicKey(Uint8Array.from({ length: 32 }, (_, index) => index));

describe("what the example signs is as the libraries have it:", () => {
  it("base58 and base64, both ways, leading zeros too", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), fc.nat(3), (tail, zeros) => {
        const given = Uint8Array.from([...new Uint8Array(zeros), ...tail]);
        assert.equal(encoding.encodeBase58(given), encodeBase58(given));
        assert.deepEqual(encoding.decodeBase58(encodeBase58(given), given.length), given);
        assert.equal(encoding.encodeBase64(given), Buffer.from(given).toString("base64"));
        assert.deepEqual(encoding.decodeBase64(Buffer.from(given).toString("base64")), given);
        assert.deepEqual(encoding.decodeHex(Buffer.from(given).toString("hex")), given);
      }),
    );
    for (const [text, length] of [
      ["0", 1],
      ["1", 2],
      ["11", 1],
      ["zz", 1],
      ["", 1],
    ] as const) {
      assert.throws(() => encoding.decodeBase58(text, length), RangeError, `${text} in ${length}`);
    }
    for (const text of ["0", "0g", "0x00"]) assert.throws(() => encoding.decodeHex(text), RangeError, text);
  });

  it("nonces of the verifier", () => {
    fc.assert(
      fc.property(bytes(4), fc.nat(4_000_000_000_000), bytes(15), (salt, deadlineMs, random) => {
        const expected = verifierNonce(salt, deadlineMs, random);
        assert.deepEqual(page.verifierNonce(salt, deadlineMs, random), expected);
      }),
    );
    assert.throws(() => page.verifierNonce(new Uint8Array(3), 0, new Uint8Array(15)), RangeError);
    assert.throws(() => page.verifierNonce(new Uint8Array(4), 0, new Uint8Array(14)), RangeError);
  });

  it("NEP-413 messages, with a callback URL and without", async () => {
    const text = fc.string({ unit: "grapheme", maxLength: 200 });
    const message = fc.record({ message: text, nonce: bytes(32), recipient: text });
    await fc.assert(
      fc.asyncProperty(message, fc.option(text, { nil: undefined }), async (given, callbackUrl) => {
        const whole = callbackUrl === undefined ? given : { ...given, callbackUrl };
        assert.deepEqual(await wallet.nep413Hash(whole), nep413Hash(whole));
      }),
    );
    const short = { message: "", nonce: new Uint8Array(31), recipient: "" };
    await assert.rejects(async () => wallet.nep413Hash(short), RangeError);
  });

  it("transactions of calls and keys", () => {
    const terms = { signerId: "guest.near", publicKey, receiverId: "intents.near", nonce: 2n ** 64n - 1n };
    const args = new TextEncoder().encode('{"public_key":"…"}');
    const blockHash = Uint8Array.from({ length: 32 }, (_, index) => (index === 0 ? 0 : 255 - index));
    const key = PublicKey.fromString(publicKey);
    const call = { methodName: "add_public_key", args, gas: 10n ** 14n, deposit: 2n ** 127n };
    const expected = createTransaction(
      terms.signerId,
      key,
      terms.receiverId,
      terms.nonce,
      [
        nearActions.functionCall(call.methodName, call.args, call.gas, call.deposit),
        nearActions.addFullAccessKey(key),
        nearActions.deleteKey(key),
      ],
      blockHash,
    );
    const encoded = wallet.encodeTransaction({
      ...terms,
      blockHash: encodeBase58(blockHash),
      actions: [
        { type: "FunctionCall", ...call },
        { type: "AddFullAccessKey", publicKey },
        { type: "DeleteKey", publicKey },
      ],
    });
    assert.deepEqual(encoded, Uint8Array.from(encodeTransaction(expected)));
  });

  it("and what has no place in its field is refused instead of cut off", () => {
    const terms = { signerId: "a", publicKey, receiverId: "b", blockHash: encodeBase58(new Uint8Array(32)) };
    const call = { type: "FunctionCall", methodName: "m", args: new Uint8Array(), gas: 1n, deposit: 1n } as const;
    const encode = (
      nonce: bigint,
      actions: Parameters<typeof wallet.encodeTransaction>[0]["actions"],
      key = publicKey,
    ) => wallet.encodeTransaction({ ...terms, publicKey: key, nonce, actions });
    assert.throws(() => encode(2n ** 64n, []), RangeError);
    assert.throws(() => encode(-1n, []), RangeError);
    assert.throws(() => encode(1n, [{ ...call, gas: 2n ** 64n }]), RangeError);
    assert.throws(() => encode(1n, [{ ...call, deposit: 2n ** 128n }]), RangeError);
    assert.throws(() => encode(1n, [], `secp256k1:${publicKey.slice(8)}`), RangeError);
    assert.throws(() => encode(1n, [], publicKey.slice(0, -1)), RangeError);
  });

  it("signatures, of a key whose private half nobody can read", async () => {
    const key = await Key.generate();
    const message = new TextEncoder().encode("hello");
    const signature = await key.sign(message);
    const point = encoding.decodeBase58(key.publicKey.slice("ed25519:".length), 32);
    assert(verifySignature(point, message, signature));
    assert.equal(JSON.stringify(key), JSON.stringify({ publicKey: key.publicKey }));
    const inBase64 = encoding.encodeBase64(signature);
    const inNearsForm = `ed25519:${encodeBase58(signature)}`;
    assert.deepEqual([inBase64, inNearsForm].map(page.verifierSignature), [inNearsForm, inNearsForm]);
  });

  it("amounts, both ways", () => {
    for (const [text, decimals, raw] of [
      ["0.25", 6, "250000"],
      [" 1 ", 6, "1000000"],
      ["0.000001", 6, "1"],
      ["12345678901234567890", 0, "12345678901234567890"],
      ["1.5", 24, "1500000000000000000000000"],
    ] as const) {
      assert.equal(rawAmount(text, decimals), raw);
    }
    for (const text of ["", "0", "0.0", "-1", "1e3", "1,5", ".5", "0x1", "0.0000001", "1".repeat(21)]) {
      assert.throws(() => rawAmount(text, 6), Error, text);
    }
    assert.deepEqual(
      ["0", "1", "250000", "1000000", "1000001"].map((raw) => shownAmount(raw, 6)),
      ["0", "0.000001", "0.25", "1", "1.000001"],
    );
    assert.equal(amountText("nep141:usdc.near", "-1500000"), "−1.5 USDC");
    assert.equal(amountText("nep141:other.near", "-7"), "-7 of nep141:other.near");
    assert.equal(amountText("nep141:usdc.near", "all"), "all of nep141:usdc.near");
  });
});
