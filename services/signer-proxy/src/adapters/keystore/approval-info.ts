import type { Approval } from "@outlayer/contracts/outlayer/workflow/v1/policy";

/** The field of a signing request that names the approvers; absent where no approval was required. */
export function approvalInfo(approval: Approval | undefined): object {
  if (approval === undefined) return {};
  return { approval_info: { approver_ids: approval.approverIds, request_hash: approval.requestHash } };
}
