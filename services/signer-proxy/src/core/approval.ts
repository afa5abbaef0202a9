import type { Approval } from "@outlayer/contracts/outlayer/workflow/v1/policy";

/** The number of different approvers. Whether each may approve is for the keystore to judge. */
export function approvalsGiven(approval: Approval | undefined): number {
  return new Set(approval?.approverIds).size;
}
