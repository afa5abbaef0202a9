import { decodeBase58, encodeBase58 } from "../crypto/base58.ts";
import { decodeBase64 } from "../crypto/base64.ts";
import { ed25519PublicKey } from "../crypto/ed25519.ts";
import { formatKey } from "../crypto/keys.ts";
import { signHash, verifyHash } from "../crypto/sign.ts";
import {
  decodeSignedTransaction,
  encodeSignedTransaction,
  type SignedTransaction,
  transactionHash,
} from "../crypto/transaction.ts";
import type { Action, Transaction } from "./types.ts";

/** A transaction's fields without its signer and key. */
export interface TransactionFields {
  readonly signer: string;
  readonly nonce: bigint;
  readonly receiver: string;
  /** Base58. */
  readonly blockHash: string;
  readonly actions: readonly Action[];
}

/** @param seed the 32-byte Ed25519 private key of one of the signer's access keys */
export function signTransaction(fields: TransactionFields, seed: Uint8Array): SignedTransaction {
  const transaction = {
    signerId: fields.signer,
    publicKey: { curve: "ed25519", data: ed25519PublicKey(seed) },
    nonce: fields.nonce,
    receiverId: fields.receiver,
    blockHash: decodeBase58(fields.blockHash),
    actions: fields.actions,
  } as const;
  return { transaction, signature: signHash(seed, transactionHash(transaction)) };
}

/** Reads a signed transaction from standard base64 of its borsh. @throws BorshError, Base64Error */
export function readTransaction(base64: string): Transaction {
  const bytes = decodeBase64(base64);
  return toTransaction(decodeSignedTransaction(bytes), bytes.length);
}

/** @param size of the encoded signed transaction, in bytes; counted where it is not known */
export function toTransaction(signed: SignedTransaction, size = encodeSignedTransaction(signed).length): Transaction {
  const { transaction, signature } = signed;
  const hash = transactionHash(transaction);
  return {
    hash: encodeBase58(hash),
    signer: transaction.signerId,
    publicKey: formatKey(transaction.publicKey),
    nonce: transaction.nonce,
    receiver: transaction.receiverId,
    blockHash: encodeBase58(transaction.blockHash),
    actions: transaction.actions,
    signature: formatKey(signature),
    size,
    hasValidSignature: verifyHash(transaction.publicKey, hash, signature),
  };
}
