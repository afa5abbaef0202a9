import type { WalletAccount } from "./keystore.ts";

/** Gives the account of a wallet. */
export type Accounts = (walletId: string, signal: AbortSignal) => Promise<WalletAccount>;

/** Remembers the `size` accounts used last. They never change: the keystore derives them from the wallet id. */
export function cachedAccounts(derive: Accounts, size: number): Accounts {
  const cache = new Map<string, WalletAccount>();
  return async (walletId, signal) => {
    const account = cache.get(walletId) ?? (await derive(walletId, signal));
    // Put at the end: a Map's first key is the one that was used longest ago.
    cache.delete(walletId);
    cache.set(walletId, account);
    const oldest = cache.keys().next();
    if (cache.size > size && !oldest.done) cache.delete(oldest.value);
    return account;
  };
}
