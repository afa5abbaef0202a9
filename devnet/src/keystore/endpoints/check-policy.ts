import type { Endpoint, WalletRules } from "../endpoint.ts";
import { judge, type PolicyAction, type PolicyVerdict, policyAction } from "../policy.ts";

interface Request {
  readonly walletId: string;
  readonly action: PolicyAction;
  readonly bypassed: boolean;
}

/**
 * `/wallet/check-policy`. A policy in the request replaces the wallet's own, freeze included. The devnet cannot decrypt it and takes
 * it for one that allows everything, which exposes callers that send one.
 */
export const checkPolicy: Endpoint<Request> = {
  read: (body) => ({
    walletId: body.text("wallet_id"),
    action: policyAction(body.object("action")),
    bypassed: body.optionalText("encrypted_policy_data") !== undefined,
  }),
  run({ rules, now }, { walletId, action, bypassed }) {
    if (bypassed) return { allowed: true, frozen: false };
    const policy = rules.policy(walletId);
    const verdict = frozenVerdict(rules, walletId) ?? judge(policy, action, new Date(now()));
    return { ...answer(verdict), ...(policy === undefined ? {} : { policy }) };
  },
};

function frozenVerdict(rules: WalletRules, walletId: string): PolicyVerdict | undefined {
  if (!rules.isFrozenByController(walletId)) return undefined;
  return { allowed: false, frozen: true, reason: "Wallet is frozen by controller" };
}

function answer(verdict: PolicyVerdict): Readonly<Record<string, unknown>> {
  if (!verdict.allowed) return verdict;
  const { requiredApprovals } = verdict;
  if (requiredApprovals === undefined) return { allowed: true, frozen: false };
  return { allowed: true, frozen: false, requires_approval: true, required_approvals: requiredApprovals };
}
