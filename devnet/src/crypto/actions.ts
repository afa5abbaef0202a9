import { bytes, type Codec, option, struct, tagged, text, u64, u128, type Variants, vec } from "./borsh/codec.ts";
import { accountId, publicKey } from "./borsh/near-types.ts";
import type { PublicKey } from "./keys.ts";

/** Amounts are yoctoNEAR; an absent allowance has no limit; no method names means all of the receiver's. */
export type AccessKeyPermission =
  | {
      readonly kind: "functionCall";
      readonly allowance: bigint | null;
      readonly receiverId: string;
      readonly methodNames: readonly string[];
    }
  | { readonly kind: "fullAccess" };

export interface AccessKey {
  readonly nonce: bigint;
  readonly permission: AccessKeyPermission;
}

/** Actions that a delegate may hold: all but another delegate. Amounts are yoctoNEAR, gas is in gas units. */
export type NonDelegateAction =
  | { readonly kind: "createAccount" }
  | { readonly kind: "deployContract"; readonly code: Uint8Array }
  | {
      readonly kind: "functionCall";
      readonly methodName: string;
      readonly args: Uint8Array;
      readonly gas: bigint;
      readonly deposit: bigint;
    }
  | { readonly kind: "transfer"; readonly deposit: bigint }
  | { readonly kind: "stake"; readonly stake: bigint; readonly publicKey: PublicKey }
  | { readonly kind: "addKey"; readonly publicKey: PublicKey; readonly accessKey: AccessKey }
  | { readonly kind: "deleteKey"; readonly publicKey: PublicKey }
  | { readonly kind: "deleteAccount"; readonly beneficiaryId: string };

const permission: Codec<AccessKeyPermission> = tagged<AccessKeyPermission>({
  functionCall: [0, struct({ allowance: option(u128), receiverId: text, methodNames: vec(text) })],
  fullAccess: [1, struct({})],
});

/** Tags and bodies as in nearcore's `Action`, for composing with further ones. */
export const nonDelegateVariants: Variants<NonDelegateAction> = {
  createAccount: [0, struct({})],
  deployContract: [1, struct({ code: bytes })],
  functionCall: [2, struct({ methodName: text, args: bytes, gas: u64, deposit: u128 })],
  transfer: [3, struct({ deposit: u128 })],
  stake: [4, struct({ stake: u128, publicKey })],
  addKey: [5, struct({ publicKey, accessKey: struct({ nonce: u64, permission }) })],
  deleteKey: [6, struct({ publicKey })],
  deleteAccount: [7, struct({ beneficiaryId: accountId })],
};

export const nonDelegateAction: Codec<NonDelegateAction> = tagged<NonDelegateAction>(nonDelegateVariants);
