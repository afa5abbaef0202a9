import { deepStrictEqual, strictEqual } from "node:assert";
import { encodeBase58 } from "../../src/crypto/base58.ts";
import { encode } from "../../src/crypto/borsh/codec.ts";
import {
  type DelegateAction,
  decodeSignedDelegate,
  delegateActionCodec,
  delegateHash,
  encodeSignedDelegate,
} from "../../src/crypto/delegate.ts";
import { ed25519PublicKey, signEd25519, verifyEd25519 } from "../../src/crypto/ed25519.ts";
import { implicitAccountOf, isImplicitEthAccount, keyOfImplicitAccount } from "../../src/crypto/implicit-account.ts";
import { formatKey, parsePublicKey } from "../../src/crypto/keys.ts";
import { nep413Hash } from "../../src/crypto/nep413.ts";
import { signHash, verifyHash } from "../../src/crypto/sign.ts";
import {
  decodeTransaction,
  encodeTransaction,
  type Transaction,
  transactionHash,
} from "../../src/crypto/transaction.ts";
import { readFixture } from "../fixtures/read-fixture.ts";

interface Vectors {
  readonly seed_hex: string;
  readonly public_key: string;
  readonly delegate: {
    readonly preimage_hex: string;
    readonly sha256_hex: string;
    readonly signed_delegate_hex: string;
  };
  readonly transaction: { readonly hex: string; readonly hash_base58: string; readonly block_hash_hex: string };
  readonly nep413: {
    readonly message: string;
    readonly nonce_hex: string;
    readonly recipient: string;
    readonly sha256_hex: string;
    readonly signature_hex: string;
  };
  readonly implicit_accounts: readonly { readonly public_key: string; readonly account_id: string }[];
}

describe("published encoding vectors", () => {
  const vectors = readFixture<Vectors>("encoding-vectors.json");
  const seed = fromHex(vectors.seed_hex);
  const publicKey = parsePublicKey(vectors.public_key);
  const doIt = {
    kind: "functionCall",
    methodName: "do_it",
    args: Buffer.from('{"a":1}'),
    gas: 30_000_000_000_000n,
    deposit: 1n,
  } as const;
  const delegate: DelegateAction = {
    senderId: "alice.near",
    receiverId: "app.near",
    actions: [doIt],
    nonce: 8n,
    maxBlockHeight: 1000n,
    publicKey,
  };
  const transaction: Transaction = {
    signerId: "alice.near",
    publicKey,
    nonce: 7n,
    receiverId: "app.near",
    blockHash: fromHex(vectors.transaction.block_hash_hex),
    actions: [doIt],
  };

  it("derives the public key from the seed", () => {
    strictEqual(formatKey({ curve: "ed25519", data: ed25519PublicKey(seed) }), vectors.public_key);
  });

  it("encodes and hashes a delegate under the NEP-461 prefix", () => {
    strictEqual(`6e010040${toHex(encode(delegateActionCodec, delegate))}`, vectors.delegate.preimage_hex);
    strictEqual(toHex(delegateHash(delegate)), vectors.delegate.sha256_hex);
  });

  it("signs a delegate to the same bytes, and reads them back", () => {
    const signed = { delegateAction: delegate, signature: signHash(seed, delegateHash(delegate)) };
    strictEqual(toHex(encodeSignedDelegate(signed)), vectors.delegate.signed_delegate_hex);
    const read = decodeSignedDelegate(fromHex(vectors.delegate.signed_delegate_hex));
    strictEqual(toHex(encodeSignedDelegate(read)), vectors.delegate.signed_delegate_hex);
    strictEqual(verifyHash(read.delegateAction.publicKey, delegateHash(read.delegateAction), read.signature), true);
  });

  it("encodes, hashes and reads a transaction", () => {
    strictEqual(toHex(encodeTransaction(transaction)), vectors.transaction.hex);
    strictEqual(encodeBase58(transactionHash(transaction)), vectors.transaction.hash_base58);
    const read = decodeTransaction(fromHex(vectors.transaction.hex));
    deepStrictEqual([read.signerId, read.nonce, read.receiverId], ["alice.near", 7n, "app.near"]);
    deepStrictEqual(read.actions, [{ ...doIt, args: new Uint8Array(doIt.args) }]);
  });

  it("hashes, signs and verifies a NEP-413 message", () => {
    const { message, nonce_hex, recipient, sha256_hex, signature_hex } = vectors.nep413;
    const hash = nep413Hash({ message, nonce: fromHex(nonce_hex), recipient, callbackUrl: null });
    strictEqual(toHex(hash), sha256_hex);
    strictEqual(toHex(signEd25519(seed, hash)), signature_hex);
    strictEqual(verifyEd25519(publicKey.data, hash, fromHex(signature_hex)), true);
  });

  for (const { public_key, account_id } of vectors.implicit_accounts) {
    it(`derives the implicit account ${account_id}`, () => {
      strictEqual(implicitAccountOf(parsePublicKey(public_key)), account_id);
    });
  }

  it("derives the implicit account of a P-256 key apart from the same bytes on secp256k1", () => {
    const [, secp256k1] = vectors.implicit_accounts;
    const p256 = parsePublicKey((secp256k1?.public_key ?? "").replace("secp256k1", "p256"));
    strictEqual(implicitAccountOf(p256), "0x7edf07ede58238026db3f90fc8032633b69b8de5");
  });

  it("reads the key back out of an implicit NEAR account, and out of no other", () => {
    const [near, eth] = vectors.implicit_accounts;
    deepStrictEqual(keyOfImplicitAccount(near?.account_id ?? ""), parsePublicKey(near?.public_key ?? ""));
    strictEqual(keyOfImplicitAccount(eth?.account_id ?? ""), undefined);
    strictEqual(keyOfImplicitAccount("alice.near"), undefined);
    const forms = [near, eth].map((account) => isImplicitEthAccount(account?.account_id ?? ""));
    deepStrictEqual(forms, [false, true]);
  });
});

function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
