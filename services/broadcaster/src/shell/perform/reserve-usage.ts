import type { Usage } from "@outlayer/contracts/outlayer/workflow/v1/policy";
import type { Verdict } from "../../adapters/signer-proxy/signer.ts";
import type { Tools } from "../tools.ts";

/** Whose limits, and for which request. */
export interface Reserving {
  readonly walletId: string;
  readonly requestId: string;
}

/**
 * Asks policy with what the wallet has used by now, the request's own part left out, and counts what it allows. An answer
 * holds only if nothing came into the wallet's ledger meanwhile: otherwise policy is asked again, so that of two
 * requests that pass a limit together the second is judged with the first.
 */
export async function judgeAndReserve(
  { evidence, policyTurns }: Pick<Tools, "evidence" | "policyTurns">,
  { walletId, requestId }: Reserving,
  ask: (usage: Usage) => Promise<Verdict>,
): Promise<Verdict> {
  const attempt = async (): Promise<Verdict | undefined> => {
    const { seq, usage } = await evidence.readUsage(walletId, requestId);
    const verdict = await ask(usage);
    if (verdict.kind !== "allowed") return verdict;
    const isReserved = await evidence.reserveUsage(walletId, requestId, seq, [...verdict.steps]);
    return isReserved ? verdict : undefined;
  };
  const first = await attempt();
  if (first !== undefined) return first;
  // Those who were too slow line up: many at once would make each other ask again and again.
  return policyTurns.take(walletId, async () => {
    for (;;) {
      const verdict = await attempt();
      if (verdict !== undefined) return verdict;
    }
  });
}
