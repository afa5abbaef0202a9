import type { Reservation, UsageStatement } from "@outlayer/contracts/outlayer/workflow/v1/policy";
import type { KeyedMutex } from "@outlayer/kit";
import type { EvidenceLog } from "../../core/ports/evidence-log.ts";
import type { Verdict } from "../../core/ports/signer.ts";

/** Where usage is counted. */
export interface UsageLedger {
  readonly evidence: EvidenceLog;
  /** Per-wallet queue of requests that lost the compare-and-set on the ledger. */
  readonly policyMutex: KeyedMutex;
}

/** Whose limits, and for which request. */
export interface Reserving {
  readonly walletId: string;
  readonly requestId: string;
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
 * pass a limit together, the second is judged with the first.
 */
export async function judgeAndReserve(
  { evidence, policyMutex }: UsageLedger,
  { walletId, requestId }: Reserving,
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
  const first = await attempt();
  if (first !== undefined) return first;
  // Requests that lost the compare-and-set line up: many at once would make each other ask again and again.
  return policyMutex.run(walletId, async () => {
    for (;;) {
      const verdict = await attempt();
      if (verdict !== undefined) return verdict;
    }
  });
}
