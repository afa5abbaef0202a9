import type { CheckPolicyRequest } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import type { Clock, Logger } from "@outlayer/kit";
import type { Accounts } from "../core/account-cache.ts";
import type { ActionTypes } from "../core/action-types.ts";
import { approvalsGiven } from "../core/approval.ts";
import { type GrantMac, grantLifetimeMs } from "../core/grant.ts";
import type { SwapTo } from "../core/intent-kinds.ts";
import { checkIntentsCall } from "../core/intents-call.ts";
import type { Keystore } from "../core/keystore.ts";
import { carriesSigned, type PolicyAction, policyChecks } from "../core/policy-checks.ts";
import { noUsage, type Usage } from "../core/policy-usage.ts";
import { judge } from "../core/verdict.ts";
import { answering } from "./refusals.ts";
import { type Judged, verdictAnswer } from "./verdict-answer.ts";

/** What policy is asked about. */
export type ToJudge = Pick<CheckPolicyRequest, "walletId" | "calls" | "usage" | "approval">;

export interface PolicyDeps {
  readonly keystore: Pick<Keystore, "checkPolicy">;
  readonly actionTypes: ActionTypes;
  readonly swapTo: SwapTo;
  readonly verifierId: string;
  readonly accounts: Accounts;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface CheckPolicyDeps extends PolicyDeps {
  readonly grantMac: GrantMac;
}

/** What the wallet's policy says of a whole workflow. */
export async function policyVerdict(
  { keystore, actionTypes: types, swapTo, verifierId, accounts }: Omit<PolicyDeps, "clock" | "logger">,
  { walletId, calls, usage, approval }: ToJudge,
  signal: AbortSignal,
): Promise<Judged> {
  for (const [step, call] of calls.entries()) checkIntentsCall(`calls[${step}]`, call, verifierId);
  const account = calls.some((call) => carriesSigned(call, verifierId)) ? await accounts(walletId, signal) : undefined;
  const terms = { types, swapTo, verifierId, ...(account === undefined ? {} : { accountId: account.accountId }) };
  const found = policyChecks(calls, terms, usageOf(usage));
  // What cannot be judged is not allowed; the keystore need not be asked about the rest then.
  if (found.kind === "unjudgeable") return { kind: "denied", step: found.step, reason: found.reason };
  const ask = (action: PolicyAction) => keystore.checkPolicy(walletId, action, signal);
  const verdict = await judge(found.checks, approvalsGiven(approval), ask);
  return verdict.kind === "allowed" ? { ...verdict, moves: found.moves } : verdict;
}

/** Asks the wallet's policy about every step, and gives a grant for each when all are allowed. */
export function checkPolicy(deps: CheckPolicyDeps) {
  const { clock, logger } = deps;

  return (request: CheckPolicyRequest, { signal }: { readonly signal: AbortSignal }) => {
    const about = { method: "CheckPolicy", wallet_id: request.walletId, request_id: request.requestId };
    return answering(logger, about, async () => {
      // From before the questions: a policy may change while they are answered.
      const expiresAtMs = clock.now() + grantLifetimeMs;
      const verdict = await policyVerdict(deps, request, signal);
      logger.info({ ...about, steps: request.calls.length, verdict: verdict.kind }, "policy checked");
      return { verdict: verdictAnswer(request, request.calls, verdict, expiresAtMs, deps.grantMac) };
    });
  };
}
/** @param usage absent where the wallet has used nothing */
export function usageOf(usage: CheckPolicyRequest["usage"]): Usage {
  if (usage === undefined) return noUsage;
  const { hourly, daily, monthly, hourlyTxCount } = usage;
  return { hourly: amountsOf(hourly), daily: amountsOf(daily), monthly: amountsOf(monthly), hourlyTxCount };
}

function amountsOf(window: { readonly [token: string]: string }): ReadonlyMap<string, bigint> {
  return new Map(Object.entries(window).map(([token, amount]) => [token, BigInt(amount)]));
}
