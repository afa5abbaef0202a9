import type { GetAccountRequest } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import type { Logger } from "@outlayer/kit";
import type { Accounts } from "../core/account-cache.ts";
import { answering } from "./refusals.ts";

/** The wallet's NEAR account and key. */
export function getAccount({ accounts, logger }: { readonly accounts: Accounts; readonly logger: Logger }) {
  return ({ walletId }: GetAccountRequest, { signal }: { readonly signal: AbortSignal }) =>
    answering(logger, { method: "GetAccount", walletId }, () => accounts(walletId, signal));
}
