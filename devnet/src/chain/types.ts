import type { AccessKey } from "../crypto/actions.ts";
import type { Action } from "../crypto/transaction.ts";
import type { ChainError } from "./errors.ts";

/** Stored transactions, receipts and blocks. Amounts are yoctoNEAR, gas in units, hashes base58. */

export type { AccessKey, AccessKeyPermission } from "../crypto/actions.ts";
export type { Action } from "../crypto/transaction.ts";
export type CallAction = Extract<Action, { kind: "functionCall" }>;
export type DelegatedAction = Extract<Action, { kind: "delegate" }>;

export interface Account {
  readonly amount: bigint;
  /** Base58 SHA-256 of the code; see `noCode`. */
  readonly codeHash: string;
}

/** A key with its account, for dumps and lists of keys. */
export interface AccountKey {
  readonly publicKey: string;
  readonly accessKey: AccessKey;
}

/** A signed transaction, decoded and hashed once. */
export interface Transaction {
  readonly hash: string;
  readonly signer: string;
  /** `ed25519:` and base58, as all public keys and signatures here. */
  readonly publicKey: string;
  readonly nonce: bigint;
  readonly receiver: string;
  readonly blockHash: string;
  readonly actions: readonly Action[];
  readonly signature: string;
  /** Size of the encoded signed transaction, in bytes. */
  readonly size: number;
  readonly hasValidSignature: boolean;
}

export interface ActionReceipt {
  readonly kind: "action";
  readonly id: string;
  readonly predecessor: string;
  readonly receiver: string;
  readonly signer: string;
  readonly signerPublicKey: string;
  /** Yocto per gas unit that its gas was bought at; 0 for refunds. */
  readonly gasPrice: bigint;
  readonly actions: readonly Action[];
  readonly inputDataIds: readonly string[];
  readonly outputs: readonly DataReceiver[];
  /** NEP-519: waits for its only input until it is resumed or times out. */
  readonly isYield: boolean;
}

export interface DataReceiver {
  readonly dataId: string;
  readonly receiver: string;
}

export interface DataReceipt {
  readonly kind: "data";
  readonly id: string;
  readonly predecessor: string;
  readonly receiver: string;
  readonly dataId: string;
  /** null when the call that should have made it failed. */
  readonly data: Uint8Array | null;
  readonly isResume: boolean;
}

export type Receipt = ActionReceipt | DataReceipt;

export type ExecutionStatus =
  | { readonly kind: "failure"; readonly error: ChainError }
  | { readonly kind: "value"; readonly value: Uint8Array }
  | { readonly kind: "receipt"; readonly id: string };

/** The outcome of a transaction's conversion or a receipt's execution. */
export interface Outcome {
  readonly id: string;
  readonly height: bigint;
  readonly blockHash: string;
  readonly executor: string;
  readonly gasBurnt: bigint;
  readonly tokensBurnt: bigint;
  readonly logs: readonly string[];
  /** Receipts made, in order; data receipts are not listed. */
  readonly receiptIds: readonly string[];
  readonly status: ExecutionStatus;
}
