import type { BodyFields } from "./body.ts";
import type { KeyDerivation } from "./derivation.ts";
import type { PolicyDocument } from "./policy.ts";

/** What the chain tells the keystore, through an RPC of its own. */
export interface KeystoreChain {
  /** @throws Error when there is no such key, or no answer */
  accessKeyNonce(accountId: string, publicKey: string): bigint;
  /** Hash of the newest final block. @throws Error when there is no answer */
  finalBlockHash(): string;
}

/** Policies and freezes of the wallets. */
export interface WalletRules {
  policy(walletId: string): PolicyDocument | undefined;
  /** Frozen on chain by the wallet's controller, whatever its policy says. */
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
 * One path of the keystore. Reading the body comes first (a body that does not fit is refused before readiness is looked
 * at), the work later; absent fields of the answer are left out.
 */
export interface Endpoint<T> {
  read(body: BodyFields): T;
  run(services: KeystoreServices, request: T): Readonly<Record<string, unknown>>;
}
