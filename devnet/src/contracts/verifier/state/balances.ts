import type { Storage } from "../../../contract.ts";
import { U128_MAX } from "../../sdk/integers.ts";
import { IterableMap } from "../../sdk/iterable-map.ts";
import { require } from "../../sdk/panic.ts";
import { standardOf } from "../token-id.ts";
import type { Accounts } from "./accounts.ts";

const NO_BALANCE = "insufficient balance or overflow";

/** Balances and total supplies by token. Zero balances and supplies are not stored. */
export class Balances {
  readonly #storage: Storage;
  readonly #accounts: Accounts;
  readonly #supplies: IterableMap<bigint>;

  constructor(storage: Storage, accounts: Accounts) {
    this.#storage = storage;
    this.#accounts = accounts;
    this.#supplies = new IterableMap(storage, "supply");
  }

  of(accountId: string, tokenId: string): bigint {
    return this.#held(accountId).get(tokenId) ?? 0n;
  }

  tokensOf(accountId: string): readonly string[] {
    return this.#held(accountId).keys();
  }

  supplyOf(tokenId: string): bigint {
    return this.#supplies.get(tokenId) ?? 0n;
  }

  tokens(): readonly string[] {
    return this.#supplies.keys();
  }

  /** @throws ContractPanic for zero, and for more than 128 bits */
  add(accountId: string, tokenId: string, amount: bigint): void {
    requireSome(amount);
    this.#accounts.create(accountId);
    change(this.#held(accountId), tokenId, amount);
  }

  /** @throws ContractPanic for zero, for more than the balance, and for an unknown or locked account */
  subtract(accountId: string, tokenId: string, amount: bigint): void {
    this.#accounts.assertCanSpend(accountId);
    requireSome(amount);
    change(this.#held(accountId), tokenId, -amount);
  }

  /** Like `subtract`, for any account: a refund from its receiver. */
  forceSubtract(accountId: string, tokenId: string, amount: bigint): void {
    change(this.#held(accountId), tokenId, -amount);
  }

  /** @throws ContractPanic as `add`, and for an NFT that exists already */
  mint(accountId: string, tokenId: string, amount: bigint): void {
    this.add(accountId, tokenId, amount);
    change(this.#supplies, tokenId, amount);
    const isUnique = standardOf(tokenId) !== "nep171" || this.supplyOf(tokenId) === 1n;
    require(isUnique, `NFT '${tokenId}' is already deposited`);
  }

  /** @throws ContractPanic as `subtract` */
  burn(accountId: string, tokenId: string, amount: bigint): void {
    this.subtract(accountId, tokenId, amount);
    change(this.#supplies, tokenId, -amount);
  }

  /** Like `burn`, for any account. */
  forceBurn(accountId: string, tokenId: string, amount: bigint): void {
    this.forceSubtract(accountId, tokenId, amount);
    change(this.#supplies, tokenId, -amount);
  }

  #held(accountId: string): IterableMap<bigint> {
    return new IterableMap(this.#storage, `balance.${accountId}`);
  }
}

function requireSome(amount: bigint): void {
  require(amount > 0n, "invalid intent");
}

function change(amounts: IterableMap<bigint>, tokenId: string, delta: bigint): void {
  const amount = (amounts.get(tokenId) ?? 0n) + delta;
  require(amount >= 0n && amount <= U128_MAX, NO_BALANCE);
  if (amount === 0n) amounts.delete(tokenId);
  else amounts.set(tokenId, amount);
}
