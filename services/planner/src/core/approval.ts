import type { JsonObject } from "@bufbuild/protobuf";
import { type ApprovalInfo, approvalDigest, isUuid } from "@outlayer/workflow";

/** What the wallet's record says of the request that was approved. */
export interface ApprovedRequest {
  readonly status: string;
  /** As it was sent. */
  readonly original: JsonObject;
}

/** What is wrong with an approval: the field, and what of it. */
export interface ApprovalProblem {
  readonly field: string;
  /** E.g. `must name 1 to 32 approvers`. */
  readonly text: string;
}

/** What is wrong with an approval, as far as the request that carries it tells. */
export function approvalProblem(info: ApprovalInfo, original: JsonObject): ApprovalProblem | undefined {
  const { approverIds, requestHash, requestId } = info;
  if (approverIds.length < 1 || approverIds.length > 32) {
    return { field: "approval_info.approver_ids", text: "must name 1 to 32 approvers" };
  }
  const odd = approverIds.findIndex((id) => id.length < 1 || id.length > 128);
  if (odd >= 0) return { field: `approval_info.approver_ids[${odd}]`, text: "must be 1 to 128 characters" };
  if (requestHash !== approvalDigest(original)) {
    return { field: "approval_info.request_hash", text: "is not the approval digest of this request" };
  }
  return isUuid(requestId) ? undefined : unknownRequest;
}

/** What is wrong with an approval of that request; undefined stands for one that is not there. */
export function approvedProblem(
  { requestId, requestHash }: ApprovalInfo,
  approved: ApprovedRequest | undefined,
): ApprovalProblem | undefined {
  if (approved?.status !== "requires_approval") return unknownRequest;
  if (requestHash === approvalDigest(approved.original)) return undefined;
  return { field: "approval_info.request_hash", text: `is not the approval digest of request ${requestId}` };
}

/** The same whether it never was, is another wallet's, came to another endpoint, or never asked for approval. */
const unknownRequest: ApprovalProblem = {
  field: "approval_info.request_id",
  text: "names no request of this wallet and endpoint that requires approval",
};
