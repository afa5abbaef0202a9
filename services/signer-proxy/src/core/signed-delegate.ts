import {
  type DecodedDelegate,
  type Delegate,
  decodeBase64,
  decodeDelegate,
  encodeBase58,
  encodeBase64,
} from "@outlayer/near";
import type { DelegateAnswer } from "./keystore.ts";
import { BadAnswer, InvalidRequest } from "./problems.ts";

export interface SignedDelegate {
  /** Standard base64 of the borsh SignedDelegateAction. */
  readonly signedDelegateBase64: string;
  /** Base58 SHA-256 under NEP-461. */
  readonly delegateHash: string;
}

/** For values that the keystore takes and returns as JSON numbers. @throws InvalidRequest */
export function checkFitsJson(name: string, value: bigint): void {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new InvalidRequest(`${name} must be below 2^53`);
}

/**
 * Accepts a signed delegate only if it equals the requested one, field by field.
 * @throws BadAnswer that names the first field that differs
 */
export function signedDelegate(asked: Delegate, answer: DelegateAnswer): SignedDelegate {
  const { bytes, decoded } = decode(answer.signedDelegateBase64);
  const { delegate, signatureValid } = decoded;
  const hash = encodeBase58(decoded.hash);
  const holds: Readonly<Record<string, boolean>> = {
    sender_id: delegate.senderId === asked.senderId && answer.senderId === asked.senderId,
    public_key: delegate.publicKey === asked.publicKey && answer.publicKey === asked.publicKey,
    receiver_id: delegate.receiverId === asked.receiverId,
    method_name: delegate.methodName === asked.methodName,
    args: sameBytes(delegate.args, asked.args),
    gas: delegate.gas === asked.gas,
    deposit: delegate.deposit === asked.deposit,
    nonce: delegate.nonce === asked.nonce && answer.nonce === asked.nonce,
    max_block_height:
      delegate.maxBlockHeight === asked.maxBlockHeight && answer.maxBlockHeight === asked.maxBlockHeight,
    delegate_hash: answer.delegateHash === hash,
  };
  const wrong = Object.keys(holds).find((field) => !holds[field]);
  if (wrong !== undefined) throw new BadAnswer(`delegate: ${wrong} is not what was asked for`);
  if (!signatureValid) throw new BadAnswer("delegate: the signature does not verify");
  return { signedDelegateBase64: encodeBase64(bytes), delegateHash: hash };
}

function decode(base64: string): { bytes: Uint8Array; decoded: DecodedDelegate } {
  try {
    const bytes = decodeBase64(base64);
    return { bytes, decoded: decodeDelegate(bytes) };
  } catch {
    // Any decoder error means that the keystore's bytes are wrong.
    throw new BadAnswer("delegate: it cannot be decoded");
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
