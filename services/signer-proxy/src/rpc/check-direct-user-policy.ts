import type { CheckDirectUserPolicyRequest } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import { type DirectUserScope, grantLifetimeMs } from "@outlayer/workflow";
import { scopeOfCall } from "../core/direct-user-call.ts";
import { directUserCheck } from "../core/policy-checks.ts";
import { InvalidRequest } from "../core/problems.ts";
import { statedUsage } from "../core/usage-statement.ts";
import { judge } from "../core/verdict.ts";
import type { CheckPolicyDeps } from "./check-policy.ts";
import { answering } from "./refusals.ts";
import { verdictAnswer } from "./verdict-answer.ts";

export interface CheckDirectUserPolicyDeps
  extends Omit<CheckPolicyDeps, "verifierId" | "wrappedNearId" | "swapTo" | "accounts"> {
  readonly scopes: readonly DirectUserScope[];
}

/** Asks the wallet's policy about a direct-user call, and issues a grant for its terms when it is allowed. */
export function checkDirectUserPolicy({
  keystore,
  actionTypes,
  scopes,
  grantMac,
  proofs,
  clock,
  logger,
}: CheckDirectUserPolicyDeps) {
  return (request: CheckDirectUserPolicyRequest, { signal }: { readonly signal: AbortSignal }) => {
    const { walletId, requestId, call } = request;
    const about = { method: "CheckDirectUserPolicy", wallet_id: walletId, request_id: requestId };
    return answering(logger, about, async () => {
      if (call === undefined) throw new InvalidRequest("call is required");
      scopeOfCall(scopes, call);
      const now = clock.now();
      const { seq, usage } = statedUsage(proofs, request, request.usageStatement, now);
      const check = directUserCheck(call, actionTypes, usage);
      const found = await judge([check], 0, (action) => keystore.checkPolicy(walletId, action, signal));
      // The call moves nothing, and counts as one transaction.
      const verdict = found.kind === "allowed" ? { ...found, moves: [new Map<string, bigint>()] } : found;
      logger.info({ ...about, verdict: verdict.kind }, "policy checked");
      const terms = request.terms === undefined ? [] : [request.terms];
      // Expiry counts from before the question: a policy may change while it is answered.
      const subject = { walletId, requestId, seq, calls: [call], terms, expiresAtMs: now + grantLifetimeMs };
      return { verdict: verdictAnswer(subject, verdict, grantMac) };
    });
  };
}
