import type { SignDirectUserCallRequest } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import type { Clock, Logger } from "@outlayer/kit";
import type { DirectUserScope } from "@outlayer/workflow";
import { scopeOfCall } from "../core/direct-user-call.ts";
import { type GrantMac, verifyGrant } from "../core/grant.ts";
import type { Keystore } from "../core/keystore.ts";
import { InvalidRequest } from "../core/problems.ts";
import { checkFitsJson } from "../core/signed-delegate.ts";
import { signedUserCall } from "../core/signed-user-call.ts";
import { checkReservation, requireReservation, type UsageProofs } from "../core/usage-statement.ts";
import { answering } from "./refusals.ts";

export interface SignDirectUserCallDeps {
  readonly keystore: Pick<Keystore, "signScopedCall">;
  readonly scopes: readonly DirectUserScope[];
  readonly grantMac: GrantMac;
  readonly proofs: UsageProofs;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Signs one direct-user call under a grant. The keystore builds the transaction, so every field is compared with the request
 * before it is returned.
 */
export function signDirectUserCall({ keystore, scopes, grantMac, proofs, clock, logger }: SignDirectUserCallDeps) {
  return (request: SignDirectUserCallRequest, { signal }: { readonly signal: AbortSignal }) => {
    const { walletId, requestId, call, grant, publicKey, nonce } = request;
    const about = { method: "SignDirectUserCall", wallet_id: walletId, request_id: requestId };
    return answering(logger, about, async () => {
      if (call === undefined) throw new InvalidRequest("call is required");
      const scope = scopeOfCall(scopes, call);
      const gas = BigInt(call.gas);
      checkFitsJson("call.gas", gas);
      const reserved = requireReservation(request.reservation);
      verifyGrant(grantMac, grant, { walletId, requestId, step: 0, call, terms: request, reserved }, clock.now());
      checkReservation(proofs, request, reserved);
      const asked = { walletId, scope, methodName: call.methodName, args: call.args, gas, nonce };
      const signed = signedUserCall(asked, publicKey, await keystore.signScopedCall(asked, signal));
      logger.info({ ...about, txHash: signed.txHash }, "signed");
      return signed;
    });
  };
}
