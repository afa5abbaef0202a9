import { z } from "zod";
import type { PolicyAction } from "../../core/policy-checks.ts";
import type { PolicyAnswer } from "../../core/verdict.ts";
import type { KeystoreHttp } from "./http.ts";

/**
 * `policy`, the wallet's decrypted private policy, comes with every answer and is dropped here. Absent and null are the same.
 */
const answer = z.object({
  allowed: z.boolean(),
  frozen: z.boolean(),
  requires_approval: z.boolean().nullish(),
  required_approvals: z.int().min(0).max(1_000_000).nullish(),
  reason: z.string().nullish(),
});

/**
 * Asks about one action. Never sends `encrypted_policy_data`: the keystore would use it in place of the wallet's policy and freeze.
 * @throws KeystoreError
 */
export async function checkPolicy(
  http: KeystoreHttp,
  walletId: string,
  action: PolicyAction,
  signal: AbortSignal,
): Promise<PolicyAnswer> {
  const body = { wallet_id: walletId, action };
  const given = await http.post("/wallet/check-policy", body, answer, signal);
  // A count of 0 is no count; any other count means that approval is required.
  const count = given.required_approvals || undefined;
  return {
    allowed: given.allowed,
    frozen: given.frozen,
    requiresApproval: given.requires_approval === true || count !== undefined,
    ...(count === undefined ? {} : { requiredApprovals: count }),
    ...(given.reason == null ? {} : { reason: http.quote(given.reason) }),
  };
}
