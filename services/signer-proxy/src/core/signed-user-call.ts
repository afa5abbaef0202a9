import { type DecodedTransaction, decodeBase64, decodeTransaction } from "@outlayer/near";
import type { ScopedCallAnswer, ScopedCallRequest } from "./keystore.ts";
import { BadAnswer } from "./problems.ts";

export interface SignedUserCall {
  /** Borsh of the signed transaction. */
  readonly signedTransaction: Uint8Array<ArrayBuffer>;
  /** Base58. */
  readonly txHash: string;
  /** Base58, chosen by the keystore. */
  readonly blockHash: string;
  readonly keyLabel: string;
}

/**
 * Accepts a signed transaction only if it equals the requested one, field by field. The keystore chooses the block hash; whether
 * the chain has that block is for the broadcaster to check.
 * @param publicKey the key that is on the user's account
 * @throws BadAnswer that names the first field that differs
 */
export function signedUserCall(asked: ScopedCallRequest, publicKey: string, answer: ScopedCallAnswer): SignedUserCall {
  const { bytes, decoded } = decode(answer.signedTransactionBase64);
  const { transaction } = decoded;
  const { userId, receiverId } = asked.scope;
  const holds: Readonly<Record<string, boolean>> = {
    signer_id: transaction.signerId === userId && answer.signerId === userId,
    public_key: decoded.publicKey === publicKey && answer.publicKey === publicKey,
    receiver_id: transaction.receiverId === receiverId,
    method_name: transaction.methodName === asked.methodName,
    args: sameBytes(transaction.args, asked.args),
    gas: transaction.gas === asked.gas,
    deposit: transaction.deposit === 0n,
    nonce: transaction.nonce === asked.nonce && answer.nonce === asked.nonce,
    tx_hash: answer.txHash === decoded.hash,
    key_label: answer.keyLabel.trim() !== "",
  };
  const wrong = Object.keys(holds).find((field) => !holds[field]);
  if (wrong !== undefined) throw new BadAnswer(`user's call: ${wrong} is not what was asked for`);
  if (!decoded.signatureValid) throw new BadAnswer("user's call: the signature does not verify");
  const { keyLabel } = answer;
  return { signedTransaction: bytes, txHash: decoded.hash, blockHash: transaction.blockHash, keyLabel };
}

function decode(base64: string): { bytes: Uint8Array<ArrayBuffer>; decoded: DecodedTransaction } {
  try {
    const bytes = new Uint8Array(decodeBase64(base64));
    return { bytes, decoded: decodeTransaction(bytes) };
  } catch {
    // Any decoder error means that the keystore's bytes are wrong.
    throw new BadAnswer("user's call: it cannot be decoded");
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
