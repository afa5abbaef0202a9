import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  decodeDelegate,
  decodeHex,
  delegateHash,
  EncodingError,
  encodeBase58,
  encodeBase64,
  encodeDelegate,
  encodeHex,
  implicitAccountId,
  keyPairFromSeed,
  nep413Hash,
  parsePublicKey,
  parseSecretKey,
  signTransaction,
  transactionHash,
  verifierNonce,
  verifySignature,
} from "@outlayer/near";

const vectors = JSON.parse(readFileSync(new URL("./fixtures/encoding-vectors.json", import.meta.url), "utf8"));
const key = keyPairFromSeed(decodeHex(vectors.seed_hex));

describe("encodings", () => {
  const given = vectors.delegate;
  const delegate = {
    senderId: given.sender_id,
    receiverId: given.receiver_id,
    methodName: given.method_name,
    args: new TextEncoder().encode(given.args_utf8),
    gas: BigInt(given.gas),
    deposit: BigInt(given.deposit),
    nonce: BigInt(given.nonce),
    maxBlockHeight: BigInt(given.max_block_height),
    publicKey: vectors.public_key,
  };

  it("derives the public key of a seed", () => {
    assert.equal(key.publicKey, vectors.public_key);
    const text = `ed25519:${encodeBase58(decodeHex(vectors.seed_hex))}`;
    assert.equal(parseSecretKey(text).publicKey, vectors.public_key);
    const withForeignHalf = new Uint8Array([...decodeHex(vectors.seed_hex), ...new Uint8Array(32)]);
    for (const wrong of [new Uint8Array(31), withForeignHalf]) {
      assert.throws(() => parseSecretKey(`ed25519:${encodeBase58(wrong)}`), EncodingError);
    }
  });

  it("hashes and encodes the delegate of the vectors", () => {
    assert.equal(encodeHex(delegateHash(delegate)), given.sha256_hex);
    const signed = encodeDelegate(delegate, key.sign(delegateHash(delegate)));
    assert.equal(encodeHex(signed), given.signed_delegate_hex);
  });

  it("decodes a signed delegate and checks its signature", () => {
    const bytes = decodeHex(given.signed_delegate_hex);
    assert.deepEqual(decodeDelegate(bytes), { delegate, hash: decodeHex(given.sha256_hex), signatureValid: true });
    bytes[bytes.length - 5] = (bytes.at(-5) ?? 0) ^ 1;
    assert.equal(decodeDelegate(bytes).signatureValid, false);
  });

  it("refuses a delegate with trailing, missing or foreign bytes", () => {
    const bytes = decodeHex(given.signed_delegate_hex);
    for (const wrong of [
      Uint8Array.of(...bytes, 0),
      bytes.subarray(0, -1),
      Uint8Array.of(8, ...bytes),
      new Uint8Array(),
    ]) {
      assert.throws(() => decodeDelegate(wrong), EncodingError);
    }
  });

  it("signs the transaction of the vectors", () => {
    const transaction = vectors.transaction;
    const signed = signTransaction(
      {
        signerId: transaction.signer_id,
        nonce: BigInt(transaction.nonce),
        receiverId: transaction.receiver_id,
        blockHash: encodeBase58(decodeHex(transaction.block_hash_hex)),
        methodName: "do_it",
        args: new TextEncoder().encode('{"a":1}'),
        gas: 30_000_000_000_000n,
        deposit: 1n,
      },
      key,
    );
    assert.equal(signed.hash, transaction.hash_base58);
    assert.equal(encodeHex(signed.bytes).startsWith(transaction.hex), true);
    assert.equal(transactionHash(signed.bytes), transaction.hash_base58);
  });

  it("hashes the NEP-413 message of the vectors", () => {
    const { message, nonce_hex, recipient, sha256_hex, signature_hex } = vectors.nep413;
    const hash = nep413Hash({ message, nonce: decodeHex(nonce_hex), recipient });
    assert.equal(encodeHex(hash), sha256_hex);
    assert.equal(encodeHex(key.sign(hash)), signature_hex);
    assert.equal(verifySignature(parsePublicKey(vectors.public_key), hash, decodeHex(signature_hex)), true);
  });

  it("builds the verifier's nonce of the vectors", () => {
    const { salt_hex, deadline_seconds, random_hex, base64 } = vectors.verifier_nonce;
    const nonce = verifierNonce(decodeHex(salt_hex), deadline_seconds * 1000, decodeHex(random_hex));
    assert.equal(encodeBase64(nonce), base64);
  });

  it("derives the implicit NEAR account of the vectors", () => {
    const [ed25519] = vectors.implicit_accounts;
    assert.equal(implicitAccountId(parsePublicKey(ed25519.public_key)), ed25519.account_id);
  });
});
