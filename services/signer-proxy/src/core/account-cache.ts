import { LRUCache } from "lru-cache";
import type { WalletAccount } from "./keystore.ts";

/** Finds the account of a wallet. */
export type Accounts = (walletId: string, signal: AbortSignal) => Promise<WalletAccount>;

/** Caches the `size` accounts used last. They never change: the keystore derives them from the wallet id. */
export function cachedAccounts(derive: Accounts, size: number): Accounts {
  const cache = new LRUCache<string, WalletAccount>({ max: size });
  return async (walletId, signal) => {
    const known = cache.get(walletId);
    if (known !== undefined) return known;
    const account = await derive(walletId, signal);
    cache.set(walletId, account);
    return account;
  };
}
