import { sessionAccountOf } from "@outlayer/access";
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

/** The wallet's NEAR account and key; for a session its account, and the service wallet that signs delegates for it. */
export function getAccount({ accounts, freshAccounts, logger }: GetAccountDeps) {
  return ({ walletId, fresh }: GetAccountRequest, { signal }: { readonly signal: AbortSignal }) =>
    answering(logger, { method: "GetAccount", walletId }, async () => {
      const account = await (fresh ? freshAccounts : accounts)(walletId, signal);
      const session = sessionAccountOf(walletId);
      return session === undefined ? account : { accountId: session, publicKey: "", delegateSigner: account };
    });
}
