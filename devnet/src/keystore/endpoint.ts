import type { BodyFields } from "./body.ts";
import type { KeyDerivation } from "./derivation.ts";
import type { PolicyDocument } from "./policy.ts";

/** The keystore's own view of the chain. */
export interface KeystoreChain {
  /** @throws Error when there is no such key, or no answer */
  accessKeyNonce(accountId: string, publicKey: string): Promise<bigint>;
  /** Hash of the newest final block. @throws Error when there is no answer */
  finalBlockHash(): Promise<string>;
}

/** Policies and freezes of the wallets. */
export interface WalletRules {
  policy(walletId: string): PolicyDocument | undefined;
  /** Whether the wallet's controller has frozen it on chain, apart from its policy. */
  isFrozenByController(walletId: string): boolean;
}

export interface KeystoreServices {
  readonly keys: KeyDerivation;
  readonly rules: WalletRules;
  readonly chain: KeystoreChain;
  /** Milliseconds since the epoch. */
  now(): number;
}

/**
 * One path of the keystore. The body is read first (an invalid one is refused before readiness is checked), the work follows; absent
 * fields of the answer are left out.
 */
export interface Endpoint<T> {
  read(body: BodyFields): T;
  run(services: KeystoreServices, request: T): Answer | Promise<Answer>;
}

export type Answer = Readonly<Record<string, unknown>>;
