import { create } from "@bufbuild/protobuf";
import { countsDigest, UsageProofs } from "@outlayer/access";
import type { CheckPolicyResponse } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import { ReservationSchema, UsageSchema } from "@outlayer/contracts/outlayer/workflow/v1/policy";

export const usageSecret = "usage-secret-0123456789abcdef0123456789";
export const proofs = new UsageProofs(usageSecret);
export const startMs = Date.UTC(2026, 3, 24, 19);

/** What the ledger's entry is that policy is asked with. */
export const ledgerSeq = 7n;

/** Evidence's word for what a wallet has used. */
export function stated(walletId: string, requestId: string | undefined, usage: object, nowMs: number) {
  return proofs.state({ walletId, requestId }, ledgerSeq, create(UsageSchema, usage), nowMs);
}

/** Evidence's word that what was allowed is counted. */
export function reservedFor(walletId: string, requestId: string, { verdict }: CheckPolicyResponse) {
  if (verdict.case !== "allowed") return create(ReservationSchema, {});
  const { steps, termsDigest } = verdict.value;
  const reserved = { seq: ledgerSeq, countsDigest: countsDigest(steps), termsDigest };
  return create(ReservationSchema, proofs.reserve(walletId, requestId, reserved));
}
