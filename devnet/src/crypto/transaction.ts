import { type NonDelegateAction, nonDelegateVariants } from "./actions.ts";
import { type Codec, decode, encode, fixedBytes, struct, tagged, u64, vec } from "./borsh/codec.ts";
import { accountId, publicKey, signature } from "./borsh/near-types.ts";
import { type SignedDelegateAction, signedDelegateCodec } from "./delegate.ts";
import { sha256 } from "./hash.ts";
import type { PublicKey, Signature } from "./keys.ts";

export type Action = NonDelegateAction | { readonly kind: "delegate"; readonly signedDelegate: SignedDelegateAction };

/** nearcore's `TransactionV0`, the form that clients send. */
export interface Transaction {
  readonly signerId: string;
  readonly publicKey: PublicKey;
  readonly nonce: bigint;
  readonly receiverId: string;
  /** 32 bytes: the hash of a recent block. */
  readonly blockHash: Uint8Array;
  readonly actions: readonly Action[];
}

export interface SignedTransaction {
  readonly transaction: Transaction;
  readonly signature: Signature;
}

const actionCodec: Codec<Action> = tagged<Action>({
  ...nonDelegateVariants,
  delegate: [8, struct({ signedDelegate: signedDelegateCodec })],
});

const transactionCodec: Codec<Transaction> = struct<Transaction>({
  signerId: accountId,
  publicKey,
  nonce: u64,
  receiverId: accountId,
  blockHash: fixedBytes(32),
  actions: vec(actionCodec),
});

const signedTransactionCodec: Codec<SignedTransaction> = struct<SignedTransaction>({
  transaction: transactionCodec,
  signature,
});

export function encodeTransaction(transaction: Transaction): Uint8Array {
  return encode(transactionCodec, transaction);
}

/** @throws BorshError */
export function decodeTransaction(bytes: Uint8Array): Transaction {
  return decode(transactionCodec, bytes);
}

/** The 32 bytes that are signed, and that identify a transaction. */
export function transactionHash(transaction: Transaction): Uint8Array {
  return sha256(encodeTransaction(transaction));
}

export function encodeSignedTransaction(signed: SignedTransaction): Uint8Array {
  return encode(signedTransactionCodec, signed);
}

/** @throws BorshError */
export function decodeSignedTransaction(bytes: Uint8Array): SignedTransaction {
  return decode(signedTransactionCodec, bytes);
}
