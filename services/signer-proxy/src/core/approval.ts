import type { Approval } from "@outlayer/contracts/outlayer/workflow/v1/policy";

/** How many have approved: nobody counts twice. Whether they may is for the keystore to say. */
export function approvalsGiven(approval: Approval | undefined): number {
  return new Set(approval?.approverIds).size;
}
