import type { BodyFields } from "./body.ts";
import { defaultApprovals, type PolicyDocument } from "./policy.ts";
import { KeystoreRefusal } from "./refusal.ts";

/** The approvals that a signing request carries. */
export interface ApprovalInfo {
  readonly approverIds: readonly string[];
  readonly requestHash: string;
}

/** `approval_info` of a request, undefined where it is absent or null. */
export function approvalInfo(body: BodyFields): ApprovalInfo | undefined {
  const fields = body.optionalFields("approval_info");
  if (fields === undefined) return undefined;
  return { approverIds: fields.texts("approver_ids"), requestHash: fields.text("request_hash") };
}

/**
 * Checks a request's approvals against the policy's threshold. A request without any is not judged here: signing checks no policy.
 * @throws KeystoreRefusal 403
 */
export function checkApprovals(policy: PolicyDocument | undefined, info: ApprovalInfo | undefined): void {
  const threshold = policy?.approval?.threshold;
  if (info === undefined || threshold === undefined) return;
  const required = threshold.required ?? defaultApprovals;
  const approvers = new Set(policy?.approval?.approvers?.map(({ id }) => id));
  if (approvers.size === 0) {
    const advice = "Configure approvers in the wallet policy.";
    throw new KeystoreRefusal(403, `Policy requires ${required} approvals but no approvers are configured. ${advice}`);
  }
  const given = new Set(info.approverIds);
  const valid = [...given].filter((id) => approvers.has(id)).length;
  if (valid >= required) return;
  const detail = `${given.size} given, ${approvers.size} approvers configured`;
  throw new KeystoreRefusal(403, `Insufficient valid approvals: ${valid} of ${required} required (${detail})`);
}
