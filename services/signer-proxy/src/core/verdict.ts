import type { PolicyAction, PolicyCheck } from "./policy-checks.ts";

/** check-policy's answer without the wallet's policy. */
export interface PolicyAnswer {
  readonly allowed: boolean;
  readonly frozen: boolean;
  readonly requiresApproval: boolean;
  /** At least 1. Absent where the keystore gives no usable count. */
  readonly requiredApprovals?: number;
  /** Absent where the keystore gives none. */
  readonly reason?: string;
}

export type Verdict =
  | { readonly kind: "allowed" }
  | { readonly kind: "denied"; readonly step: number; readonly reason: string }
  | { readonly kind: "approval_required"; readonly step: number; readonly requiredApprovals: number };

/** The keystore's own default for a policy that requires approval without a count. */
const defaultApprovals = 2;

/** Concurrent checks. They are independent of one another; few enough not to burden the keystore. */
const atOnce = 8;

/**
 * Runs all checks. The first denial in the workflow's order decides: approvals lift a requirement for approval, never a denial.
 * Without a denial, the step that requires the most approvals decides, if fewer were given. `allowed` together with
 * `requiresApproval` is no permission.
 * @param approvals how many were given
 */
export async function judge(
  checks: readonly PolicyCheck[],
  approvals: number,
  ask: (action: PolicyAction) => Promise<PolicyAnswer>,
): Promise<Verdict> {
  let verdict: Verdict = { kind: "allowed" };
  for (let start = 0; start < checks.length; start += atOnce) {
    const group = checks.slice(start, start + atOnce);
    const answers = await Promise.all(group.map(async ({ step, action }) => ({ step, answer: await ask(action) })));
    for (const { step, answer } of answers) {
      if (answer.frozen) return { kind: "denied", step, reason: answer.reason ?? "Wallet is frozen" };
      if (!answer.allowed) return { kind: "denied", step, reason: answer.reason ?? "not allowed by policy" };
      if (!answer.requiresApproval) continue;
      const requiredApprovals = answer.requiredApprovals ?? defaultApprovals;
      if (approvals >= requiredApprovals) continue;
      if (verdict.kind === "allowed" || requiredApprovals > verdict.requiredApprovals) {
        verdict = { kind: "approval_required", step, requiredApprovals };
      }
    }
  }
  return verdict;
}
