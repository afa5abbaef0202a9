import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { CheckPolicyRequest } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import type { Clock, Logger } from "@outlayer/kit";
import type { ActionTypes } from "../core/action-types.ts";
import { type GrantMac, grantLifetimeMs, issueGrant } from "../core/grant.ts";
import { checkIntentsCall } from "../core/intents-call.ts";
import type { Keystore } from "../core/keystore.ts";
import { policyChecks } from "../core/policy-checks.ts";
import { judge, type Verdict } from "../core/verdict.ts";
import { answering } from "./refusals.ts";

export interface CheckPolicyDeps {
  readonly keystore: Pick<Keystore, "checkPolicy">;
  readonly actionTypes: ActionTypes;
  readonly verifierId: string;
  readonly grantMac: GrantMac;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Asks the wallet's policy about every step, and gives a grant for each when all are allowed. */
export function checkPolicy(deps: CheckPolicyDeps) {
  const { keystore, actionTypes, verifierId, clock, logger } = deps;

  const verdictOn = async ({ walletId, calls }: CheckPolicyRequest, signal: AbortSignal): Promise<Verdict> => {
    for (const [step, call] of calls.entries()) checkIntentsCall(`calls[${step}]`, call, verifierId);
    const found = policyChecks(calls, actionTypes);
    // What cannot be judged is not allowed; the keystore need not be asked about the rest then.
    if (found.kind === "unjudgeable") return { kind: "denied", step: found.step, reason: found.reason };
    return judge(found.checks, (action) => keystore.checkPolicy(walletId, action, signal));
  };

  return (request: CheckPolicyRequest, { signal }: { readonly signal: AbortSignal }) => {
    const about = { method: "CheckPolicy", wallet_id: request.walletId, request_id: request.requestId };
    return answering(logger, about, async () => {
      // From before the questions: a policy may change while they are answered.
      const expiresAtMs = clock.now() + grantLifetimeMs;
      const verdict = await verdictOn(request, signal);
      logger.info({ ...about, steps: request.calls.length, verdict: verdict.kind }, "policy checked");
      return { verdict: answerFor(request, verdict, expiresAtMs, deps.grantMac) };
    });
  };
}

function answerFor(request: CheckPolicyRequest, verdict: Verdict, expiresAtMs: number, grantMac: GrantMac) {
  switch (verdict.kind) {
    case "allowed": {
      const { walletId, requestId, calls } = request;
      const grants = calls.map((call, step) => issueGrant(grantMac, { walletId, requestId, step, call }, expiresAtMs));
      return { case: "allowed", value: { grants, expiresAt: timestampFromMs(expiresAtMs) } } as const;
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
