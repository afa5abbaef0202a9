import type { Storage } from "../../contract.ts";
import { require } from "../sdk/panic.ts";

/** Who holds how many of which token, and which accounts may hold any. Of an NFT there is one. */
export class Holdings {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  register(accountId: string): void {
    this.#storage.set(`registered.${accountId}`, true);
  }

  isRegistered(accountId: string): boolean {
    return this.#storage.get<boolean>(`registered.${accountId}`) === true;
  }

  of(accountId: string, tokenId: string): bigint {
    return this.#storage.get<bigint>(holdingKey(accountId, tokenId)) ?? 0n;
  }

  /** Creates tokens, for an account that is registered by that. */
  credit(accountId: string, tokenId: string, amount: bigint): void {
    this.register(accountId);
    this.#storage.set(holdingKey(accountId, tokenId), this.of(accountId, tokenId) + amount);
  }

  /** @throws ContractPanic for an unregistered receiver, or too small a holding */
  move(from: string, to: string, tokenId: string, amount: bigint): void {
    require(from !== to && amount > 0n, "The sender and the receiver should be different");
    require(this.of(from, tokenId) >= amount, "Unauthorized");
    require(this.isRegistered(to), `The account ${to} is not registered`);
    this.#storage.set(holdingKey(from, tokenId), this.of(from, tokenId) - amount);
    this.#storage.set(holdingKey(to, tokenId), this.of(to, tokenId) + amount);
  }
}

/** Creates tokens of a collection. */
export function creditCollection(storage: Storage, accountId: string, tokenId: string, amount: bigint): void {
  new Holdings(storage).credit(accountId, tokenId, amount);
}

/** Lets an account hold tokens of a collection. */
export function registerInCollection(storage: Storage, accountId: string): void {
  new Holdings(storage).register(accountId);
}

const holdingKey = (accountId: string, tokenId: string) => `holding.${tokenId} ${accountId}`;
