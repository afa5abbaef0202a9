import { allSessions } from "@outlayer/workflow";

/**
 * Before the account id, in the id of the wallet that a session acts for. Wallet ids are the operator's own strings, and most of them
 * are valid account ids too: without the prefix, whoever owns that account would read the records of an operator's wallet of the same
 * name (rule: sessions-have-wallets-of-their-own).
 */
const prefix = allSessions;

export function sessionWalletId(accountId: string): string {
  return prefix + accountId;
}

/** The account of the session for which the wallet stands; undefined for a wallet of the operator's. */
export function sessionAccountOf(walletId: string): string | undefined {
  return isSessionWalletId(walletId) ? walletId.slice(prefix.length) : undefined;
}

/** Whether only sessions may act for the wallet. */
export function isSessionWalletId(walletId: string): boolean {
  return walletId.startsWith(prefix);
}
