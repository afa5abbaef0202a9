import { freshKey } from "../chain/apply-account.ts";
import type { Chain } from "../chain/chain.ts";
import { noCode } from "../chain/state.ts";
import type { Account, AccountKey } from "../chain/types.ts";
import { isAccountId } from "../crypto/account-id.ts";
import type { AccessKeyPermission } from "../crypto/actions.ts";
import { formatKey, KeyParseError, parsePublicKey } from "../crypto/keys.ts";
import { ControlError } from "./control-error.ts";

/** Accounts, their keys and their NEAR, changed by hand at the head. */
export class AccountControls {
  readonly #chain: Chain;

  constructor(chain: Chain) {
    this.#chain = chain;
  }

  get(id: string): (Account & { readonly keys: readonly AccountKey[] }) | undefined {
    const state = this.#chain.view().state();
    const account = state.account(id);
    if (account === undefined) return undefined;
    const keys = state.publicKeys(id).flatMap((publicKey) => {
      const accessKey = state.accessKey(id, publicKey);
      return accessKey === undefined ? [] : [{ publicKey, accessKey }];
    });
    return { ...account, keys };
  }

  /** Sets a balance in yocto; creates the account if it does not exist. */
  setBalance(id: string, amountYocto: bigint): void {
    if (!isAccountId(id)) throw new ControlError(`${id} is no account id`);
    if (amountYocto < 0n) throw new ControlError("a balance cannot be negative");
    this.#chain.intervene((state) => {
      state.setAccount(id, { ...(state.account(id) ?? { codeHash: noCode }), amount: amountYocto });
    });
  }

  /** Adds a key, or replaces its permission. @param nonce by default a new key's first one, or the present one */
  addKey(id: string, publicKey: string, permission: AccessKeyPermission, nonce?: bigint): void {
    const text = checkedKey(publicKey);
    this.#require(id);
    const { height } = this.#chain.head;
    this.#chain.intervene((state) => {
      const key = state.accessKey(id, text) ?? freshKey(permission, height);
      state.setAccessKey(id, text, { nonce: nonce ?? key.nonce, permission });
    });
  }

  deleteKey(id: string, publicKey: string): void {
    const text = checkedKey(publicKey);
    if (this.#chain.view().state().accessKey(id, text) === undefined) throw new ControlError(`${id} has no such key`);
    this.#chain.intervene((state) => state.deleteAccessKey(id, text));
  }

  #require(id: string): void {
    if (this.#chain.view().state().account(id) === undefined) throw new ControlError(`there is no account ${id}`);
  }
}

function checkedKey(text: string): string {
  try {
    return formatKey(parsePublicKey(text));
  } catch (error) {
    if (error instanceof KeyParseError) throw new ControlError(`${text} is no public key: ${error.message}`);
    throw error;
  }
}
