import type { JsonObject } from "@bufbuild/protobuf";
import { type ApprovalInfo, approvalDigest, isUuid } from "@outlayer/workflow";

/** The record of the request that was approved. */
export interface ApprovedRequest {
  readonly status: string;
  /** The body as the caller sent it. */
  readonly original: JsonObject;
}

/** A problem of an approval, with its field. */
export interface ApprovalProblem {
  readonly field: string;
  /** E.g. `must name 1 to 32 approvers`. */
  readonly text: string;
}

/** Problems of an approval that show in the request that carries it. */
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

/** Problems of an approval that show in the approved record; undefined stands for a missing record. */
export function approvedProblem(
  { requestId, requestHash }: ApprovalInfo,
  approved: ApprovedRequest | undefined,
): ApprovalProblem | undefined {
  if (approved?.status !== "requires_approval") return unknownRequest;
  if (requestHash === approvalDigest(approved.original)) return undefined;
  return { field: "approval_info.request_hash", text: `is not the approval digest of request ${requestId}` };
}

/** One answer, whether the record does not exist, is another wallet's or endpoint's, or never required approval. */
const unknownRequest: ApprovalProblem = {
  field: "approval_info.request_id",
  text: "names no request of this wallet and endpoint that requires approval",
};
