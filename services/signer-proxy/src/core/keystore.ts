import type { Approval } from "@outlayer/contracts/outlayer/workflow/v1/policy";
import type { Delegate } from "@outlayer/near";
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
  /** The very text that is signed. */
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

/** Goes with a request for a signature: the keystore counts the approvals itself, where there are any. */
export interface Approved {
  readonly approval: Approval | undefined;
}

/** As answered: nothing of it is true before it was compared with what was asked. */
export interface DelegateAnswer {
  readonly signedDelegateBase64: string;
  readonly delegateHash: string;
  readonly senderId: string;
  readonly publicKey: string;
  readonly nonce: bigint;
  readonly maxBlockHeight: bigint;
}

/** What we ask of the keystore. Every operation throws KeystoreError. */
export interface Keystore {
  deriveAddress(walletId: string, signal: AbortSignal): Promise<WalletAccount>;
  checkPolicy(walletId: string, action: PolicyAction, signal: AbortSignal): Promise<PolicyAnswer>;
  signNep413(request: Nep413Request & Approved, signal: AbortSignal): Promise<Nep413Answer>;
  signDelegate(request: DelegateRequest & Approved, signal: AbortSignal): Promise<DelegateAnswer>;
}
