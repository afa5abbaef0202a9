import { deserialize, serialize } from "borsh";
import { actions, DelegateAction, PublicKey, SCHEMA, type SignedDelegate } from "near-api-js";
import { EncodingError, sha256 } from "./encoding.ts";
import { formatPublicKey, parsePublicKey, verifySignature, withSignature } from "./keys.ts";

/** A NEP-366 delegate with the one function call that the gate takes. Amounts in gas units and yoctoNEAR. */
export interface Delegate {
  readonly senderId: string;
  readonly receiverId: string;
  readonly methodName: string;
  readonly args: Uint8Array;
  readonly gas: bigint;
  readonly deposit: bigint;
  readonly nonce: bigint;
  readonly maxBlockHeight: bigint;
  /** `ed25519:` and base58. */
  readonly publicKey: string;
}

/** NEP-461: 2^30 + 366, little-endian. No transaction begins with it. */
const hashPrefix = Uint8Array.of(0x6e, 0x01, 0x00, 0x40);

/** SHA-256 under NEP-461: the hash that a delegate's signature is over. */
export function delegateHash(delegate: Delegate): Uint8Array {
  return sha256(hashPrefix, encode(delegate));
}

/** Borsh of the SignedDelegateAction. */
export function encodeDelegate(delegate: Delegate, signature: Uint8Array): Uint8Array {
  return withSignature(encode(delegate), signature);
}

export interface DecodedDelegate {
  readonly delegate: Delegate;
  /** As `delegateHash` of the delegate. */
  readonly hash: Uint8Array;
  /** Whether the signature is the key's, over exactly this delegate. */
  readonly signatureValid: boolean;
}

/** @param bytes borsh SignedDelegateAction @throws EncodingError unless they are exactly one with one function call */
export function decodeDelegate(bytes: Uint8Array): DecodedDelegate {
  const { delegateAction, signature } = read(bytes);
  const call = delegateAction.actions[0]?.functionCall;
  const key = delegateAction.publicKey.ed25519Key?.data;
  const signatureBytes = signature.ed25519Signature?.data;
  if (delegateAction.actions.length !== 1 || call === undefined || key === undefined || signatureBytes === undefined) {
    throw new EncodingError("not a delegate with one function call and an Ed25519 key");
  }
  const delegate: Delegate = {
    senderId: delegateAction.senderId,
    receiverId: delegateAction.receiverId,
    methodName: call.methodName,
    args: Uint8Array.from(call.args),
    gas: call.gas,
    deposit: call.deposit,
    nonce: delegateAction.nonce,
    maxBlockHeight: delegateAction.maxBlockHeight,
    publicKey: formatPublicKey(Uint8Array.from(key)),
  };
  const encoded = encode(delegate);
  const signatureRead = Uint8Array.from(signatureBytes);
  // borsh ignores trailing bytes.
  if (Buffer.compare(withSignature(encoded, signatureRead), bytes) !== 0)
    throw new EncodingError("not exactly one signed delegate");
  const hash = sha256(hashPrefix, encoded);
  const signatureValid = verifySignature(parsePublicKey(delegate.publicKey), hash, signatureRead);
  return { delegate, hash, signatureValid };
}

function read(bytes: Uint8Array): SignedDelegate {
  try {
    return deserialize(SCHEMA.SignedDelegate, bytes) as SignedDelegate;
  } catch {
    throw new EncodingError("not a signed delegate");
  }
}

/** Borsh of the DelegateAction. */
function encode(delegate: Delegate): Uint8Array {
  const action = new DelegateAction({
    senderId: delegate.senderId,
    receiverId: delegate.receiverId,
    actions: [actions.functionCall(delegate.methodName, delegate.args, delegate.gas, delegate.deposit)],
    nonce: delegate.nonce,
    maxBlockHeight: delegate.maxBlockHeight,
    publicKey: PublicKey.fromString(delegate.publicKey),
  });
  return serialize(SCHEMA.DelegateAction, action);
}
