import type { Storage } from "../../../contract.ts";
import { implicitAccountOf, keyOfImplicitAccount } from "../../../crypto/implicit-account.ts";
import { formatKey, type PublicKey } from "../../../crypto/keys.ts";
import { panic, require } from "../../sdk/panic.ts";

interface AccountRecord {
  readonly locked: boolean;
  readonly authByPredecessorDisabled: boolean;
  /** Whether an implicit account's own key was removed; else it counts. */
  readonly implicitKeyRemoved: boolean;
  /** Registered keys, without an implicit account's own. */
  readonly publicKeys: readonly string[];
}

const NEW_ACCOUNT: AccountRecord = {
  locked: false,
  authByPredecessorDisabled: false,
  implicitKeyRemoved: false,
  publicKeys: [],
};

/** Keys, nonces and locks. The first deposit, key or nonce creates an account. */
export class Accounts {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  exists(accountId: string): boolean {
    return this.#get(accountId) !== undefined;
  }

  create(accountId: string): void {
    if (!this.exists(accountId)) this.#update(accountId, {});
  }

  /** @throws ContractPanic unless the account exists and is not locked */
  assertCanSpend(accountId: string): void {
    require(this.exists(accountId), `account '${accountId}' not found`);
    this.#assertUnlocked(accountId);
  }

  hasPublicKey(accountId: string, key: PublicKey): boolean {
    const record = this.#record(accountId);
    const isOwn = !record.implicitKeyRemoved && implicitAccountOf(key) === accountId;
    return isOwn || record.publicKeys.includes(formatKey(key));
  }

  /** An implicit Eth account's own key cannot be derived from the account id, so it is missing. */
  publicKeysOf(accountId: string): readonly string[] {
    const record = this.#record(accountId);
    const own = record.implicitKeyRemoved ? undefined : keyOfImplicitAccount(accountId);
    return own ? [...record.publicKeys, formatKey(own)] : record.publicKeys;
  }

  /** @throws ContractPanic on a locked account, and if it has the key */
  addPublicKey(accountId: string, key: PublicKey): void {
    this.#assertUnlocked(accountId);
    const text = formatKey(key);
    require(!this.hasPublicKey(accountId, key), `public key '${text}' already exists for account '${accountId}'`);
    if (implicitAccountOf(key) === accountId) this.#update(accountId, { implicitKeyRemoved: false });
    else this.#update(accountId, { publicKeys: [...this.#record(accountId).publicKeys, text] });
  }

  /** @throws ContractPanic on a locked account, and if it has no such key */
  removePublicKey(accountId: string, key: PublicKey): void {
    this.#assertUnlocked(accountId);
    this.assertHasPublicKey(accountId, key);
    const text = formatKey(key);
    if (implicitAccountOf(key) === accountId) this.#update(accountId, { implicitKeyRemoved: true });
    else this.#update(accountId, { publicKeys: this.#record(accountId).publicKeys.filter((kept) => kept !== text) });
  }

  /** @throws ContractPanic if it has no such key */
  assertHasPublicKey(accountId: string, key: PublicKey): void {
    const missing = `public key '${formatKey(key)}' doesn't exist for account '${accountId}'`;
    require(this.hasPublicKey(accountId, key), missing);
  }

  isNonceUsed(accountId: string, nonce: Uint8Array): boolean {
    return this.#storage.get<true>(nonceKey(accountId, nonce)) === true;
  }

  /** @throws ContractPanic on a locked account, and for a nonce that was used */
  useNonce(accountId: string, nonce: Uint8Array): void {
    this.#assertUnlocked(accountId);
    require(!this.isNonceUsed(accountId, nonce), "nonce was already used");
    this.create(accountId);
    this.#storage.set(nonceKey(accountId, nonce), true);
  }

  /** Has a nonce, and the others with the same first 31 bytes, count as unused. */
  forgetNonces(accountId: string, nonce: Uint8Array): void {
    for (let last = 0; last < 256; last += 1) {
      this.#storage.delete(nonceKey(accountId, Uint8Array.of(...nonce.subarray(0, 31), last)));
    }
  }

  isAuthByPredecessorEnabled(accountId: string): boolean {
    return !this.#record(accountId).authByPredecessorDisabled;
  }

  /** Whether that changed it. @throws ContractPanic on a locked account */
  setAuthByPredecessor(accountId: string, enabled: boolean): boolean {
    this.#assertUnlocked(accountId);
    if (this.isAuthByPredecessorEnabled(accountId) === enabled) return false;
    this.#update(accountId, { authByPredecessorDisabled: !enabled });
    return true;
  }

  isLocked(accountId: string): boolean {
    return this.#record(accountId).locked;
  }

  /** Whether that changed it. */
  setLocked(accountId: string, locked: boolean): boolean {
    if (this.isLocked(accountId) === locked) return false;
    this.#update(accountId, { locked });
    return true;
  }

  #assertUnlocked(accountId: string): void {
    if (this.isLocked(accountId)) panic(`account '${accountId}' is locked`);
  }

  #get(accountId: string): AccountRecord | undefined {
    return this.#storage.get<AccountRecord>(`account.${accountId}`);
  }

  #record(accountId: string): AccountRecord {
    return this.#get(accountId) ?? NEW_ACCOUNT;
  }

  #update(accountId: string, change: Partial<AccountRecord>): void {
    this.#storage.set(`account.${accountId}`, { ...this.#record(accountId), ...change });
  }
}

function nonceKey(accountId: string, nonce: Uint8Array): string {
  return `nonce.${accountId}.${Buffer.from(nonce).toString("hex")}`;
}
