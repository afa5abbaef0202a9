import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  accountKind,
  decodeDelegate,
  decodeHex,
  delegateHash,
  EncodingError,
  encodeBase58,
  encodeBase64,
  encodeDelegate,
  encodeHex,
  implicitAccountOf,
  keyPairFromSeed,
  nep413Hash,
  parsePublicKey,
  parseSecretKey,
  parseVerifierKey,
  signTransaction,
  transactionHash,
  verifierNonce,
  verifySignature,
  walletLink,
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

  it("links to a web wallet with the transaction that the wallet's own pages are given", () => {
    // As near-api-js 1.x made it for MyNearWallet's page; signer, receiver and call are what the wallet takes of it.
    const published =
      "DwAAAG1hZ3VpbGEudGVzdG5ldACS3ARWu0sYjX63OYbDojizriWL55RnrStWodM6c+bIrMrc/3zXjAAAGwAAAGhlbGxvLm5lYXItZXhhbXBsZXMudGVzdG5ldF6mKSLVD4Nu+yY53uE0fD4CCaELfzNdK18eVlDURC4QAQAAAAIMAAAAc2V0X2dyZWV0aW5nEQAAAHsiZ3JlZXRpbmciOiJoaSJ9AOBX60gbAAAAAAAAAAAAAAAAAAAAAAAA";
    const link = new URL(
      walletLink("https://wallet.example", {
        signerId: "maguila.testnet",
        receiverId: "hello.near-examples.testnet",
        methodName: "set_greeting",
        args: new TextEncoder().encode('{"greeting":"hi"}'),
        gas: 30_000_000_000_000n,
        deposit: 0n,
      }),
    );
    assert.deepEqual([link.origin, link.pathname], ["https://wallet.example", "/sign"]);
    const expected = Buffer.from(published, "base64");
    const key = 4 + "maguila.testnet".length + 1;
    const nonce = key + 32;
    const block = nonce + 8 + 4 + "hello.near-examples.testnet".length;
    // The wallet's own.
    for (const [from, length] of [
      [key, 32],
      [nonce, 8],
      [block, 32],
    ] as const)
      expected.fill(0, from, from + length);
    assert.equal(link.searchParams.get("transactions"), expected.toString("base64"));
  });

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

  it("derives the implicit accounts of the vectors, and of a passkey", () => {
    const passkey = {
      public_key: "p256:2dM4Zs5myzhEzY3v33st2VTH7A6pRzFQrivzrzc6whVGbqAXQzGgekMyxhEbtn551Ug3ttNanR8v1qxg6Ujqagmy",
      account_id: "0x0ee9612c7528b6e14e24656e03fa22185cfea478",
    };
    for (const { public_key, account_id } of [...vectors.implicit_accounts, passkey]) {
      assert.equal(implicitAccountOf(parseVerifierKey(public_key)), account_id);
    }
  });

  it("derives no account of what is no key", () => {
    const point = `:${encodeBase58(new Uint8Array(64).fill(1))}`;
    for (const text of ["", "ed25519", "ed25519:", "ed25519:1", `ed25519${point}`, "rsa:11", `p256${point}:`]) {
      assert.throws(() => parseVerifierKey(text), EncodingError, text);
    }
    assert.throws(() => parseVerifierKey(`ed25519:${"1".repeat(1000)}`), EncodingError);
  });

  it("tells an account's kind by its form", () => {
    const hex = "0123456789abcdef0123456789abcdef01234567";
    const kinds = [
      `0x${hex}`,
      `0s${hex}`,
      `${hex}${hex.slice(0, 24)}`,
      "alice.near",
      `0x${hex}.near`,
      `0x${hex}0`,
      hex,
    ];
    const told = kinds.map(accountKind);
    assert.deepEqual(told, ["implicit_eth", "deterministic", "implicit_near", "named", "named", "named", "named"]);
  });
});
