import type { Env, Storage } from "../../contract.ts";
import { eventLine } from "../sdk/events.ts";
import { U128_MAX } from "../sdk/integers.ts";
import { panic, require } from "../sdk/panic.ts";

export interface TokenMetadata {
  readonly name: string;
  readonly symbol: string;
  readonly decimals: number;
}

/** Balances of a NEP-141 token. An account is registered if it has a balance, even zero. */
export class Ledger {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  get metadata(): TokenMetadata {
    return this.#storage.get<TokenMetadata>("metadata") ?? panic("The contract is not initialized");
  }

  set metadata(metadata: TokenMetadata) {
    this.#storage.set("metadata", metadata);
  }

  get totalSupply(): bigint {
    return this.#storage.get<bigint>("total_supply") ?? 0n;
  }

  set totalSupply(amount: bigint) {
    this.#storage.set("total_supply", amount);
  }

  isRegistered(accountId: string): boolean {
    return this.#storage.get<bigint>(balanceKey(accountId)) !== undefined;
  }

  register(accountId: string): void {
    if (!this.isRegistered(accountId)) this.#storage.set(balanceKey(accountId), 0n);
  }

  /** 0 for an account that is not registered. */
  balanceOf(accountId: string): bigint {
    return this.#storage.get<bigint>(balanceKey(accountId)) ?? 0n;
  }

  /** @throws ContractPanic for an unregistered account, or too small a balance */
  take(accountId: string, amount: bigint): void {
    const left = this.#registeredBalance(accountId) - amount;
    require(left >= 0n, "The account doesn't have enough balance");
    this.#storage.set(balanceKey(accountId), left);
  }

  /** @throws ContractPanic for an unregistered account */
  give(accountId: string, amount: bigint): void {
    const balance = this.#registeredBalance(accountId) + amount;
    require(balance <= U128_MAX, "Balance overflow");
    this.#storage.set(balanceKey(accountId), balance);
  }

  /** Moves tokens and logs it. @throws ContractPanic in near-contract-standards' words */
  transfer(env: Env, from: string, to: string, amount: bigint, memo: string | undefined): void {
    require(from !== to, "Sender and receiver should be different");
    require(amount > 0n, "The amount should be a positive number");
    this.take(from, amount);
    this.give(to, amount);
    logTransfer(env, from, to, amount, memo);
  }

  mint(env: Env, accountId: string, amount: bigint): void {
    this.give(accountId, amount);
    this.totalSupply += amount;
    env.log(eventLine("nep141", "1.0.0", "ft_mint", [{ owner_id: accountId, amount: amount.toString() }]));
  }

  burn(env: Env, accountId: string, amount: bigint): void {
    this.take(accountId, amount);
    this.totalSupply -= amount;
    env.log(eventLine("nep141", "1.0.0", "ft_burn", [{ owner_id: accountId, amount: amount.toString() }]));
  }

  #registeredBalance(accountId: string): bigint {
    return this.#storage.get<bigint>(balanceKey(accountId)) ?? panic(`The account ${accountId} is not registered`);
  }
}

/** The `ft_transfer` event of NEP-141. */
export function logTransfer(env: Env, from: string, to: string, amount: bigint, memo: string | undefined): void {
  const transfer = { old_owner_id: from, new_owner_id: to, amount: amount.toString(), memo };
  env.log(eventLine("nep141", "1.0.0", "ft_transfer", [transfer]));
}

function balanceKey(accountId: string): string {
  return `balance.${accountId}`;
}
