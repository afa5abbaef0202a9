import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { CheckPolicyRequest } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import type { Clock, Logger } from "@outlayer/kit";
import type { ActionTypes } from "../core/action-types.ts";
import { approvalsGiven } from "../core/approval.ts";
import { type GrantMac, grantLifetimeMs, issueGrant } from "../core/grant.ts";
import { checkIntentsCall } from "../core/intents-call.ts";
import type { Keystore } from "../core/keystore.ts";
import { type PolicyAction, policyChecks } from "../core/policy-checks.ts";
import { noUsage, type Usage } from "../core/policy-usage.ts";
import { judge, type Verdict } from "../core/verdict.ts";
import { answering } from "./refusals.ts";

/** A verdict, and what each step counts where all are allowed. */
type Judged =
  | Exclude<Verdict, { readonly kind: "allowed" }>
  | { readonly kind: "allowed"; readonly moves: readonly ReadonlyMap<string, bigint>[] };

/** What policy is asked about. */
export type ToJudge = Pick<CheckPolicyRequest, "walletId" | "calls" | "usage" | "approval">;

export interface PolicyDeps {
  readonly keystore: Pick<Keystore, "checkPolicy">;
  readonly actionTypes: ActionTypes;
  readonly verifierId: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface CheckPolicyDeps extends PolicyDeps {
  readonly grantMac: GrantMac;
}

/** What the wallet's policy says of a whole workflow. */
export async function policyVerdict(
  { keystore, actionTypes, verifierId }: Pick<PolicyDeps, "keystore" | "actionTypes" | "verifierId">,
  { walletId, calls, usage, approval }: ToJudge,
  signal: AbortSignal,
): Promise<Judged> {
  for (const [step, call] of calls.entries()) checkIntentsCall(`calls[${step}]`, call, verifierId);
  const found = policyChecks(calls, actionTypes, usageOf(usage));
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
    const about = { method: "CheckPolicy", walletId: request.walletId, requestId: request.requestId };
    return answering(logger, about, async () => {
      // From before the questions: a policy may change while they are answered.
      const expiresAtMs = clock.now() + grantLifetimeMs;
      const verdict = await policyVerdict(deps, request, signal);
      logger.info({ ...about, steps: request.calls.length, verdict: verdict.kind }, "policy checked");
      return { verdict: answerFor(request, verdict, expiresAtMs, deps.grantMac) };
    });
  };
}

function answerFor(request: CheckPolicyRequest, verdict: Judged, expiresAtMs: number, grantMac: GrantMac) {
  switch (verdict.kind) {
    case "allowed": {
      const { walletId, requestId, calls, approval } = request;
      const grants = calls.map((call, step) => {
        return issueGrant(grantMac, { walletId, requestId, step, call, approval }, expiresAtMs);
      });
      const steps = verdict.moves.map((moved) => ({
        amounts: [...moved].map(([token, amount]) => ({ token, amount: amount.toString() })),
      }));
      return { case: "allowed", value: { grants, expiresAt: timestampFromMs(expiresAtMs), steps } } as const;
    }
    case "denied": {
      const { step, reason } = verdict;
      return { case: "denied", value: { step, reason } } as const;
    }
    case "approval_required": {
      const { step, requiredApprovals } = verdict;
      return { case: "approvalRequired", value: { step, requiredApprovals } } as const;
    }
  }
}

/** @param usage absent where the wallet has used nothing */
function usageOf(usage: CheckPolicyRequest["usage"]): Usage {
  if (usage === undefined) return noUsage;
  const { hourly, daily, monthly, hourlyTxCount } = usage;
  return { hourly: amountsOf(hourly), daily: amountsOf(daily), monthly: amountsOf(monthly), hourlyTxCount };
}

function amountsOf(window: { readonly [token: string]: string }): ReadonlyMap<string, bigint> {
  return new Map(Object.entries(window).map(([token, amount]) => [token, BigInt(amount)]));
}
