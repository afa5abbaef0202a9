import { type NonDelegateAction, nonDelegateAction } from "./actions.ts";
import { type Codec, decode, encode, struct, u32, u64, vec } from "./borsh/codec.ts";
import { accountId, publicKey, signature } from "./borsh/near-types.ts";
import { sha256 } from "./hash.ts";
import type { PublicKey, Signature } from "./keys.ts";

/** NEP-366: actions that anybody may put on chain for the sender. */
export interface DelegateAction {
  readonly senderId: string;
  readonly receiverId: string;
  readonly actions: readonly NonDelegateAction[];
  readonly nonce: bigint;
  readonly maxBlockHeight: bigint;
  readonly publicKey: PublicKey;
}

export interface SignedDelegateAction {
  readonly delegateAction: DelegateAction;
  readonly signature: Signature;
}

/** NEP-461: messages that go on chain have prefixes from 2^30 on, the NEP's number added. */
const DELEGATE_PREFIX = encode(u32, 2 ** 30 + 366);

export const delegateActionCodec: Codec<DelegateAction> = struct<DelegateAction>({
  senderId: accountId,
  receiverId: accountId,
  actions: vec(nonDelegateAction),
  nonce: u64,
  maxBlockHeight: u64,
  publicKey,
});

export const signedDelegateCodec: Codec<SignedDelegateAction> = struct<SignedDelegateAction>({
  delegateAction: delegateActionCodec,
  signature,
});

/** The hash that the sender's key signs: SHA-256 of the NEP-461 prefix and the delegate. */
export function delegateHash(delegate: DelegateAction): Uint8Array {
  return delegateHashOf(encode(delegateActionCodec, delegate));
}

/** The same for a delegate that is encoded already. */
export function delegateHashOf(encodedDelegate: Uint8Array): Uint8Array {
  return sha256(DELEGATE_PREFIX, encodedDelegate);
}

export function encodeSignedDelegate(signed: SignedDelegateAction): Uint8Array {
  return encode(signedDelegateCodec, signed);
}

/** @throws BorshError */
export function decodeSignedDelegate(bytes: Uint8Array): SignedDelegateAction {
  return decode(signedDelegateCodec, bytes);
}
