import type { Approval } from "@outlayer/contracts/outlayer/workflow/v1/policy";
import type { Delegate } from "@outlayer/near";
import type { DirectUserScope } from "@outlayer/workflow";
import type { PolicyAction } from "./policy-checks.ts";
import type { PolicyAnswer } from "./verdict.ts";

/** A wallet on NEAR. */
export interface WalletAccount {
  /** 64 lower-case hex characters: an implicit account, the key itself. */
  readonly accountId: string;
  /** `ed25519:` and base58. */
  readonly publicKey: string;
}

export interface Nep413Request {
  readonly walletId: string;
  /** The exact text to sign. */
  readonly message: string;
  /** 32 bytes. */
  readonly nonce: Uint8Array;
  readonly recipient: string;
}

export interface Nep413Answer {
  /** `ed25519:` and base58, as answered. */
  readonly signature: string;
  /** `ed25519:` and base58, as answered. */
  readonly publicKey: string;
}

export interface DelegateRequest {
  readonly walletId: string;
  /** Numbers in it below 2^53: they are JSON numbers on the wire. */
  readonly delegate: Omit<Delegate, "publicKey">;
  /** 0: unknown. */
  readonly currentBlockHeight: bigint;
}

/** Approvals for a request for a signature, if there are any: the keystore checks them itself. */
export interface Approved {
  readonly approval: Approval | undefined;
}

/** Untrusted until it was compared with the request. */
export interface DelegateAnswer {
  readonly signedDelegateBase64: string;
  readonly delegateHash: string;
  readonly senderId: string;
  readonly publicKey: string;
  readonly nonce: bigint;
  readonly maxBlockHeight: bigint;
}

/** The scope of a user's key, with the wallet that it is derived for. */
export interface ScopedKeyRequest {
  readonly walletId: string;
  readonly scope: DirectUserScope;
}

/** Untrusted until it was compared with the request. */
export interface ScopedKeyAnswer {
  readonly scope: DirectUserScope;
  readonly methodNamesHash: string;
  readonly publicKey: string;
  readonly keyLabel: string;
}

export interface ScopedCallRequest extends ScopedKeyRequest {
  readonly methodName: string;
  readonly args: Uint8Array;
  /** Below 2^53, like the nonce: they are JSON numbers on the wire. */
  readonly gas: bigint;
  readonly nonce: bigint;
}

/** Untrusted until it was compared with the request. */
export interface ScopedCallAnswer {
  readonly signedTransactionBase64: string;
  readonly txHash: string;
  readonly signerId: string;
  readonly publicKey: string;
  readonly keyLabel: string;
  readonly nonce: bigint;
}

/** The keystore's operations that this service uses. Each throws KeystoreError. */
export interface Keystore {
  deriveAddress(walletId: string, signal: AbortSignal): Promise<WalletAccount>;
  checkPolicy(walletId: string, action: PolicyAction, signal: AbortSignal): Promise<PolicyAnswer>;
  signNep413(request: Nep413Request & Approved, signal: AbortSignal): Promise<Nep413Answer>;
  signDelegate(request: DelegateRequest & Approved, signal: AbortSignal): Promise<DelegateAnswer>;
  prepareScopedKey(request: ScopedKeyRequest, signal: AbortSignal): Promise<ScopedKeyAnswer>;
  signScopedCall(request: ScopedCallRequest, signal: AbortSignal): Promise<ScopedCallAnswer>;
}
