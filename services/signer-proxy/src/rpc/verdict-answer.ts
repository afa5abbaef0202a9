import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { countsDigest } from "@outlayer/access";
import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import type { DirectUserCall } from "@outlayer/contracts/outlayer/workflow/v1/direct_user";
import { StepUsageSchema } from "@outlayer/contracts/outlayer/workflow/v1/policy";
import type { UserCallSigningTerms } from "@outlayer/workflow";
import { type GrantMac, type GrantScope, issueGrant } from "../core/grant.ts";
import { type StepTerms, termsDigest } from "../core/terms.ts";
import type { Verdict } from "../core/verdict.ts";

/** A verdict; if all steps are allowed, with the amounts that each moves, raw units by token. */
export type Judged =
  | Exclude<Verdict, { readonly kind: "allowed" }>
  | { readonly kind: "allowed"; readonly moves: readonly ReadonlyMap<string, bigint>[] };

/** The judged calls, and the terms on which they would be signed. */
export interface JudgedSubject extends Pick<GrantScope, "walletId" | "requestId" | "approval"> {
  /** The ledger entry up to which usage was counted. */
  readonly seq: bigint;
  readonly calls: readonly (GateCall | DirectUserCall)[];
  /** One per call; empty where nothing is to be signed yet. */
  readonly terms: readonly (StepTerms | UserCallSigningTerms)[];
  readonly expiresAtMs: number;
}

/** The verdict as it is returned: allowed calls come with a grant each, for their terms. */
export function verdictAnswer(subject: JudgedSubject, verdict: Judged, grantMac: GrantMac) {
  switch (verdict.kind) {
    case "allowed":
      return { case: "allowed", value: allowed(subject, verdict.moves, grantMac) } as const;
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

function allowed(
  { walletId, requestId, approval, seq, calls, terms, expiresAtMs }: JudgedSubject,
  moves: readonly ReadonlyMap<string, bigint>[],
  grantMac: GrantMac,
) {
  const steps = moves.map((moved) =>
    create(StepUsageSchema, { amounts: [...moved].map(([token, amount]) => ({ token, amount: amount.toString() })) }),
  );
  if (terms.length === 0) return { grants: [], steps };
  const reserved = { seq, countsDigest: countsDigest(steps), termsDigest: termsDigest(terms) };
  const grants = calls.flatMap((call, step) => {
    const of = terms[step];
    if (of === undefined) return [];
    return [issueGrant(grantMac, { walletId, requestId, step, call, terms: of, reserved, approval }, expiresAtMs)];
  });
  return { grants, expiresAt: timestampFromMs(expiresAtMs), steps, termsDigest: reserved.termsDigest };
}
