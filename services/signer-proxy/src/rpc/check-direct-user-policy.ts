import type { CheckDirectUserPolicyRequest } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import type { DirectUserScope } from "@outlayer/workflow";
import { scopeOfCall } from "../core/direct-user-call.ts";
import { grantLifetimeMs } from "../core/grant.ts";
import { directUserCheck } from "../core/policy-checks.ts";
import { InvalidRequest } from "../core/problems.ts";
import { judge } from "../core/verdict.ts";
import { type CheckPolicyDeps, usageOf } from "./check-policy.ts";
import { answering } from "./refusals.ts";
import { verdictAnswer } from "./verdict-answer.ts";

export interface CheckDirectUserPolicyDeps extends Omit<CheckPolicyDeps, "verifierId" | "swapTo" | "accounts"> {
  readonly scopes: readonly DirectUserScope[];
}

/** Asks the wallet's policy about a direct-user call, and gives a grant when it is allowed. */
export function checkDirectUserPolicy({
  keystore,
  actionTypes,
  scopes,
  grantMac,
  clock,
  logger,
}: CheckDirectUserPolicyDeps) {
  return (request: CheckDirectUserPolicyRequest, { signal }: { readonly signal: AbortSignal }) => {
    const { walletId, requestId, call } = request;
    const about = { method: "CheckDirectUserPolicy", wallet_id: walletId, request_id: requestId };
    return answering(logger, about, async () => {
      if (call === undefined) throw new InvalidRequest("call is required");
      scopeOfCall(scopes, call);
      // From before the question: a policy may change while it is answered.
      const expiresAtMs = clock.now() + grantLifetimeMs;
      const check = directUserCheck(call, actionTypes, usageOf(request.usage));
      const found = await judge([check], 0, (action) => keystore.checkPolicy(walletId, action, signal));
      // It moves nothing, and counts as one transaction.
      const verdict = found.kind === "allowed" ? { ...found, moves: [new Map<string, bigint>()] } : found;
      logger.info({ ...about, verdict: verdict.kind }, "policy checked");
      return { verdict: verdictAnswer(request, [call], verdict, expiresAtMs, grantMac) };
    });
  };
}
