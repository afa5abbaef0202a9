import type { SignCancelRequest } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import type { Logger } from "@outlayer/kit";
import type { Accounts } from "../core/account-cache.ts";
import { cancelRequest } from "../core/cancel.ts";
import { type SignedPayload, signedPayload } from "../core/intents-payload.ts";
import type { Keystore } from "../core/keystore.ts";
import { answering } from "./refusals.ts";

export interface SignCancelDeps {
  readonly keystore: Pick<Keystore, "signNep413">;
  readonly accounts: Accounts;
  readonly verifierId: string;
  readonly logger: Logger;
}

/** Signs a payload that makes another one impossible. It moves nothing, so it needs no grant. */
export function signCancel({ keystore, accounts, verifierId, logger }: SignCancelDeps) {
  return (request: SignCancelRequest, { signal }: { readonly signal: AbortSignal }) => {
    const { walletId, requestId, step, payloadJson, approval } = request;
    const about = { method: "SignCancel", wallet_id: walletId, request_id: requestId, step };
    return answering(logger, about, async (): Promise<SignedPayload> => {
      const account = await accounts(walletId, signal);
      const asked = cancelRequest(walletId, account, payloadJson, verifierId);
      const signed = signedPayload(asked, await keystore.signNep413({ ...asked, approval }, signal), account);
      logger.info({ ...about, intentHash: signed.intentHash }, "cancel signed");
      return signed;
    });
  };
}
