import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import type { DirectUserCall } from "@outlayer/contracts/outlayer/workflow/v1/direct_user";
import { type GrantMac, type GrantScope, issueGrant } from "../core/grant.ts";
import type { Verdict } from "../core/verdict.ts";

/** A verdict, and what each step counts where all are allowed: raw units by token. */
export type Judged =
  | Exclude<Verdict, { readonly kind: "allowed" }>
  | { readonly kind: "allowed"; readonly moves: readonly ReadonlyMap<string, bigint>[] };

/** What policy answered, as it goes out: allowed calls come with a grant each. */
export function verdictAnswer(
  { walletId, requestId, approval }: Omit<GrantScope, "step" | "call">,
  calls: readonly (GateCall | DirectUserCall)[],
  verdict: Judged,
  expiresAtMs: number,
  grantMac: GrantMac,
) {
  switch (verdict.kind) {
    case "allowed": {
      const grants = calls.map((call, step) => {
        return issueGrant(grantMac, { walletId, requestId, step, call, approval }, expiresAtMs);
      });
      const steps = verdict.moves.map((moved) => ({
        amounts: [...moved].map(([token, amount]) => ({ token, amount: amount.toString() })),
      }));
      return { case: "allowed", value: { grants, expiresAt: timestampFromMs(expiresAtMs), steps } } as const;
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
