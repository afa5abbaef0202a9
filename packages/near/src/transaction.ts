import { deserialize } from "borsh";
import {
  actions,
  createTransaction,
  encodeTransaction,
  PublicKey,
  SCHEMA,
  Signature,
  SignedTransaction,
} from "near-api-js";
import { decodeBase58, EncodingError, encodeBase58, sha256 } from "./encoding.ts";
import type { KeyPair } from "./keys.ts";

/** A transaction with one function call. Amounts in gas units and yoctoNEAR. */
export interface FunctionCallTransaction {
  readonly signerId: string;
  readonly nonce: bigint;
  readonly receiverId: string;
  /** Base58. */
  readonly blockHash: string;
  readonly methodName: string;
  readonly args: Uint8Array;
  readonly gas: bigint;
  readonly deposit: bigint;
}

export interface SignedBytes {
  /** Base58: the transaction's hash, known before it is sent. */
  readonly hash: string;
  /** Borsh of the signed transaction. */
  readonly bytes: Uint8Array;
}

export function signTransaction(transaction: FunctionCallTransaction, key: KeyPair): SignedBytes {
  const unsigned = createTransaction(
    transaction.signerId,
    PublicKey.fromString(key.publicKey),
    transaction.receiverId,
    transaction.nonce,
    [actions.functionCall(transaction.methodName, transaction.args, transaction.gas, transaction.deposit)],
    decodeBase58(transaction.blockHash),
  );
  const hash = sha256(encodeTransaction(unsigned));
  const signed = new SignedTransaction({
    transaction: unsigned,
    signature: new Signature({ keyType: 0, data: key.sign(hash) }),
  });
  return { hash: encodeBase58(hash), bytes: encodeTransaction(signed) };
}

/** Hash of a signed transaction that somebody else made. @throws EncodingError */
export function transactionHash(bytes: Uint8Array): string {
  try {
    const { transaction } = deserialize(SCHEMA.SignedTransaction, bytes) as SignedTransaction;
    return encodeBase58(sha256(encodeTransaction(transaction)));
  } catch {
    throw new EncodingError("not a signed transaction");
  }
}
