import type { Reservation, UsageStatement } from "@outlayer/contracts/outlayer/workflow/v1/policy";
import type { EvidenceLog } from "../../core/ports/evidence-log.ts";
import type { Verdict } from "../../core/ports/signer.ts";
import type { PolicyLine } from "./policy-line.ts";

/** Where usage is counted. */
export interface UsageLedger {
  readonly evidence: EvidenceLog;
  readonly policyLine: PolicyLine;
}

/** Whose limits, and for which request. */
export interface Reserving {
  readonly walletId: string;
  readonly requestId: string;
  /** Whether policy has not allowed the request yet. */
  readonly isNew: boolean;
}

type Allowed = Extract<Verdict, { readonly kind: "allowed" }>;

/** Policy's answer; what policy allows is counted by now. */
export type Reserved =
  | Exclude<Verdict, Allowed>
  /** `reservation` is for signer-proxy, where the terms of signing were named. */
  | (Allowed & { readonly reservation: Reservation | undefined });

/**
 * Asks policy with the wallet's usage by now, the request's own part left out, and counts what policy allows. An answer
 * holds only if the wallet's ledger has not moved on meanwhile. Otherwise policy is asked again: of two requests that
 * pass a limit together, the second is judged with the first. New requests line up to ask; one whose turn on the gate has come
 * does not wait for them.
 */
export async function judgeAndReserve(
  { evidence, policyLine }: UsageLedger,
  { walletId, requestId, isNew }: Reserving,
  ask: (usage: UsageStatement) => Promise<Verdict>,
): Promise<Reserved> {
  const attempt = async (): Promise<Reserved | undefined> => {
    const { seq, statement } = await evidence.readUsage(walletId, requestId);
    const verdict = await ask(statement);
    if (verdict.kind !== "allowed") return verdict;
    const { steps, termsDigest } = verdict;
    const reserved = await evidence.reserveUsage({ walletId, requestId, expectedSeq: seq, steps, termsDigest });
    return reserved && { ...verdict, reservation: reserved.reservation };
  };
  let reserved = isNew ? undefined : await attempt();
  const urgency = isNew ? "usual" : "urgent";
  while (reserved === undefined) reserved = await policyLine.run(walletId, urgency, attempt);
  return reserved;
}
