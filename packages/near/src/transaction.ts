import { deserialize } from "borsh";
import { actions, createTransaction, encodeTransaction, PublicKey, SCHEMA, type SignedTransaction } from "near-api-js";
import { decodeBase58, EncodingError, encodeBase58, sha256 } from "./encoding.ts";
import { formatPublicKey, type KeyPair, parsePublicKey, verifySignature, withSignature } from "./keys.ts";

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
  /** Base58: the transaction's hash, known before sending. */
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
  const encoded = encodeTransaction(unsigned);
  const hash = sha256(encoded);
  return { hash: encodeBase58(hash), bytes: withSignature(encoded, key.sign(hash)) };
}

/** Hash of a transaction that another party signed. @throws EncodingError */
export function transactionHash(bytes: Uint8Array): string {
  try {
    const { transaction } = deserialize(SCHEMA.SignedTransaction, bytes) as SignedTransaction;
    return encodeBase58(sha256(encodeTransaction(transaction)));
  } catch {
    throw new EncodingError("not a signed transaction");
  }
}

export interface DecodedTransaction {
  readonly transaction: FunctionCallTransaction;
  /** `ed25519:` and base58. */
  readonly publicKey: string;
  /** Base58. */
  readonly hash: string;
  /** Whether the signature is the key's, over exactly this transaction. */
  readonly signatureValid: boolean;
}

/** @param bytes borsh of a signed transaction @throws EncodingError unless they are exactly one with one function call */
export function decodeTransaction(bytes: Uint8Array): DecodedTransaction {
  const signed = read(bytes);
  const { transaction, signature } = signed;
  const call = transaction.actions[0]?.functionCall;
  const key = transaction.publicKey.ed25519Key?.data;
  const signatureBytes = signature.ed25519Signature?.data;
  if (transaction.actions.length !== 1 || call === undefined || key === undefined || signatureBytes === undefined) {
    throw new EncodingError("not a transaction with one function call and an Ed25519 key");
  }
  const encoded = encodeTransaction(transaction);
  // borsh ignores trailing bytes.
  if (Buffer.compare(withSignature(encoded, Uint8Array.from(signatureBytes)), bytes) !== 0)
    throw new EncodingError("not exactly one transaction");
  const hash = sha256(encoded);
  const publicKey = formatPublicKey(Uint8Array.from(key));
  return {
    transaction: {
      signerId: transaction.signerId,
      nonce: BigInt(transaction.nonce),
      receiverId: transaction.receiverId,
      blockHash: encodeBase58(Uint8Array.from(transaction.blockHash)),
      methodName: call.methodName,
      args: Uint8Array.from(call.args),
      gas: BigInt(call.gas),
      deposit: BigInt(call.deposit),
    },
    publicKey,
    hash: encodeBase58(hash),
    signatureValid: verifySignature(parsePublicKey(publicKey), hash, Uint8Array.from(signatureBytes)),
  };
}

function read(bytes: Uint8Array): SignedTransaction {
  try {
    return deserialize(SCHEMA.SignedTransaction, bytes) as SignedTransaction;
  } catch {
    throw new EncodingError("not a signed transaction");
  }
}
