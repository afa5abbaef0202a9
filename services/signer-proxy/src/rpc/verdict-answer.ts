import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import type { DirectUserCall } from "@outlayer/contracts/outlayer/workflow/v1/direct_user";
import { type GrantMac, issueGrant } from "../core/grant.ts";
import type { Verdict } from "../core/verdict.ts";

/** What policy answered, as it goes out: allowed calls come with a grant each. */
export function verdictAnswer(
  { walletId, requestId }: { readonly walletId: string; readonly requestId: string },
  calls: readonly (GateCall | DirectUserCall)[],
  verdict: Verdict,
  expiresAtMs: number,
  grantMac: GrantMac,
) {
  switch (verdict.kind) {
    case "allowed": {
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
