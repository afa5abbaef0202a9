import type { Storage } from "../../contract.ts";
import { Ledger, type TokenMetadata } from "./ledger.ts";

export interface TokenGenesis extends TokenMetadata {
  /** Holders and what they hold, in raw units; 0 only registers. */
  readonly balances: Readonly<Record<string, bigint>>;
}

/** Writes the state of a token that was deployed before genesis. */
export function initToken(storage: Storage, { balances, ...metadata }: TokenGenesis): void {
  const ledger = new Ledger(storage);
  ledger.metadata = metadata;
  for (const [accountId, amount] of Object.entries(balances)) creditToken(storage, accountId, amount);
}

/** Registers the account and makes tokens for it out of nothing. */
export function creditToken(storage: Storage, accountId: string, amount: bigint): void {
  const ledger = new Ledger(storage);
  ledger.register(accountId);
  ledger.give(accountId, amount);
  ledger.totalSupply += amount;
}
