/**
 * The wallet as which all sessions count together, and the prefix of the wallet of each (rule: sessions-share-one-wallets-part). No
 * session's own: an account id is not empty.
 */
export const allSessions = "account:";

/** For whom a wallet takes its turn, where wallets take turns: sessions for all of them together. */
export function partyOf(walletId: string): string {
  return walletId.startsWith(allSessions) ? allSessions : walletId;
}
