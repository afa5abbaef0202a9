import type { GetAccountRequest } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import type { Logger } from "@outlayer/kit";
import type { Accounts } from "../core/account-cache.ts";
import { answering } from "./refusals.ts";

export interface GetAccountDeps {
  readonly accounts: Accounts;
  /** Asks the keystore every time, without the cache. */
  readonly freshAccounts: Accounts;
  readonly logger: Logger;
}

/** The wallet's NEAR account and key. */
export function getAccount({ accounts, freshAccounts, logger }: GetAccountDeps) {
  return ({ walletId, fresh }: GetAccountRequest, { signal }: { readonly signal: AbortSignal }) =>
    answering(logger, { method: "GetAccount", walletId }, () => (fresh ? freshAccounts : accounts)(walletId, signal));
}
