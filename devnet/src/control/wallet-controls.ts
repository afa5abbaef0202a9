import { implicitAccount } from "../keystore/derivation.ts";
import type { Keystore } from "../keystore/keystore.ts";
import type { PolicyDocument } from "../keystore/policy.ts";

export interface WalletInfo {
  readonly walletId: string;
  /** The wallet's implicit account. */
  readonly accountId: string;
  /** `ed25519:` and base58. */
  readonly publicKey: string;
}

/** The keystore's wallets. It derives any wallet's keys; policies and freezes are set here. */
export class WalletControls {
  readonly #keystore: Keystore;

  constructor(keystore: Keystore) {
    this.#keystore = keystore;
  }

  get(walletId: string): WalletInfo & { readonly policy: PolicyDocument | undefined; readonly isFrozen: boolean } {
    const key = this.#keystore.walletKey(walletId);
    return {
      walletId,
      accountId: implicitAccount(key),
      publicKey: key.publicKey,
      policy: this.#keystore.policy(walletId),
      isFrozen: this.#keystore.isFrozen(walletId),
    };
  }

  setPolicy(walletId: string, policy: PolicyDocument | undefined): void {
    this.#keystore.setPolicy(walletId, policy);
  }

  /** Like the wallet's controller on chain. */
  setFrozen(walletId: string, isFrozen: boolean): void {
    this.#keystore.setFrozen(walletId, isFrozen);
  }
}
