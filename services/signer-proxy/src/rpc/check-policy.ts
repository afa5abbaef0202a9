import { sessionAccountOf } from "@outlayer/access";
import type { CheckPolicyRequest } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import type { Clock, Logger } from "@outlayer/kit";
import { grantLifetimeMs } from "@outlayer/workflow";
import type { Accounts } from "../core/account-cache.ts";
import type { ActionTypes } from "../core/action-types.ts";
import { approvalsGiven } from "../core/approval.ts";
import type { GrantMac } from "../core/grant.ts";
import type { SwapTo } from "../core/intent-kinds.ts";
import { checkIntentsCall } from "../core/intents-call.ts";
import type { Keystore } from "../core/keystore.ts";
import { carriesSigned, type PolicyAction, policyChecks } from "../core/policy-checks.ts";
import type { Usage } from "../core/policy-usage.ts";
import { InvalidRequest } from "../core/problems.ts";
import { checkStepTerms } from "../core/terms.ts";
import { statedUsage, type UsageProofs } from "../core/usage-statement.ts";
import { judge } from "../core/verdict.ts";
import { answering } from "./refusals.ts";
import { type Judged, verdictAnswer } from "./verdict-answer.ts";

/** A workflow and usage to judge. */
export interface ToJudge extends Pick<CheckPolicyRequest, "walletId" | "calls" | "approval"> {
  readonly usage: Usage;
}

export interface PolicyDeps {
  readonly keystore: Pick<Keystore, "checkPolicy">;
  readonly actionTypes: ActionTypes;
  readonly swapTo: SwapTo;
  readonly verifierId: string;
  readonly wrappedNearId: string;
  readonly accounts: Accounts;
  readonly proofs: UsageProofs;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface CheckPolicyDeps extends PolicyDeps {
  readonly grantMac: GrantMac;
}

/** The policy's verdict on a whole workflow. */
export async function policyVerdict(
  {
    keystore,
    actionTypes: types,
    swapTo,
    verifierId,
    wrappedNearId,
    accounts,
  }: Omit<PolicyDeps, "clock" | "logger" | "proofs">,
  { walletId, calls, usage, approval }: ToJudge,
  signal: AbortSignal,
): Promise<Judged> {
  for (const [step, call] of calls.entries()) checkIntentsCall(`calls[${step}]`, call, verifierId);
  const isCarrying = calls.some((call) => carriesSigned(call, verifierId));
  const account = isCarrying ? await accounts(walletId, signal) : undefined;
  const session = sessionAccountOf(walletId);
  const terms = {
    types,
    swapTo,
    verifierId,
    wrappedNearId,
    ...(session === undefined ? {} : { session }),
    ...(account === undefined ? {} : { accountId: account.accountId }),
  };
  const found = policyChecks(calls, terms, usage);
  // A step that cannot be judged is denied, so the keystore need not be asked about the others.
  if (found.kind === "unjudgeable") return { kind: "denied", step: found.step, reason: found.reason };
  const ask = (action: PolicyAction) => keystore.checkPolicy(walletId, action, signal);
  const verdict = await judge(found.checks, approvalsGiven(approval), ask);
  return verdict.kind === "allowed" ? { ...verdict, moves: found.moves } : verdict;
}

/**
 * Asks the wallet's policy about every step, with the usage that evidence states. If the request names terms of signing and all
 * steps are allowed, it issues a grant for each.
 */
export function checkPolicy(deps: CheckPolicyDeps) {
  const { clock, logger, proofs } = deps;

  return (request: CheckPolicyRequest, { signal }: { readonly signal: AbortSignal }) => {
    const { walletId, requestId, calls, terms } = request;
    const about = { method: "CheckPolicy", wallet_id: walletId, request_id: requestId };
    return answering(logger, about, async () => {
      const now = clock.now();
      const { seq, usage } = statedUsage(proofs, request, request.usageStatement, now);
      if (terms.length !== 0 && terms.length !== calls.length)
        throw new InvalidRequest("terms must be as many as calls");
      for (const [step, call] of calls.entries()) {
        const of = terms[step];
        if (of !== undefined) checkStepTerms(`terms[${step}]`, call, of, now);
      }
      const verdict = await policyVerdict(deps, { walletId, calls, approval: request.approval, usage }, signal);
      logger.info({ ...about, steps: calls.length, terms: terms.length > 0, verdict: verdict.kind }, "policy checked");
      // Expiry counts from before the questions: a policy may change while they are answered.
      const expiresAtMs = now + grantLifetimeMs;
      const subject = { walletId, requestId, approval: request.approval, seq, calls, terms, expiresAtMs };
      return { verdict: verdictAnswer(subject, verdict, deps.grantMac) };
    });
  };
}
