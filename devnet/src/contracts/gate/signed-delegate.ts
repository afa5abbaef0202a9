import { type NonDelegateAction, nonDelegateVariants } from "../../crypto/actions.ts";
import { type Codec, decode, encode, fixedBytes, struct, u64, vec } from "../../crypto/borsh/codec.ts";
import { accountId } from "../../crypto/borsh/near-types.ts";
import { BorshError, type BorshReader } from "../../crypto/borsh/reader.ts";
import { delegateHashOf } from "../../crypto/delegate.ts";
import { verifyEd25519 } from "../../crypto/ed25519.ts";

export type FunctionCall = Omit<Extract<NonDelegateAction, { readonly kind: "functionCall" }>, "kind">;

/** A delegate as the gate reads it: Ed25519 only, function calls only. */
export interface GateDelegate {
  readonly senderId: string;
  readonly receiverId: string;
  readonly calls: readonly FunctionCall[];
  readonly nonce: bigint;
  readonly maxBlockHeight: bigint;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

interface SignedGateDelegate {
  readonly delegate: GateDelegate;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

const [CALL_TAG, callBody] = nonDelegateVariants.functionCall;
const DELEGATE_TAG = 8;

const functionCall = afterTag(CALL_TAG, callBody, (tag) =>
  tag === DELEGATE_TAG
    ? "nested DelegateAction forbidden (NEP-366)"
    : `action variant ${tag} not supported in v0.1 (only FunctionCall)`,
);

const gateDelegate: Codec<GateDelegate> = struct<GateDelegate>({
  senderId: accountId,
  receiverId: accountId,
  calls: vec(functionCall),
  nonce: u64,
  maxBlockHeight: u64,
  publicKey: ed25519Bytes("public key", 32),
});

const signedGateDelegate: Codec<SignedGateDelegate> = struct<SignedGateDelegate>({
  delegate: gateDelegate,
  signature: ed25519Bytes("signature", 64),
});

/** @throws BorshError with the gate's text */
export function readSignedDelegate(bytes: Uint8Array): SignedGateDelegate {
  return decode(signedGateDelegate, bytes);
}

/** Whether the delegate's key signed it. Whether the sender has that key is not checked. */
export function isSignatureValid({ delegate, signature }: SignedGateDelegate): boolean {
  return verifyEd25519(delegate.publicKey, delegateHashOf(encode(gateDelegate, delegate)), signature);
}

function ed25519Bytes(what: string, count: number): Codec<Uint8Array> {
  // The gate reads these bytes by hand, so a short input has another text than elsewhere.
  const body = fixedBytes(count, "failed to fill whole buffer");
  return afterTag(0, body, (tag) => `expected ed25519 ${what} (tag 0), got tag ${tag}`);
}

function afterTag<T>(expected: number, body: Codec<T>, otherTag: (tag: number) => string): Codec<T> {
  return {
    read(reader: BorshReader) {
      const tag = reader.u8();
      if (tag !== expected) throw new BorshError(otherTag(tag));
      return body.read(reader);
    },
    write: (value) => [Uint8Array.of(expected), ...body.write(value)],
  };
}
