import { sha256Fraction } from "@outlayer/near";

/** What the assignment of workflows needs to know of a gate. */
export interface AssignableGate {
  readonly gateId: string;
  /** Its share of the wallets, beside the other gates' weights. */
  readonly weight: number;
  /** It takes no new workflows. */
  readonly drain: boolean;
}

/**
 * The gate for a wallet's new workflow, by weighted rendezvous hashing: a wallet keeps its gate while the gates stay, and a gate that
 * comes or goes moves only the wallets that it takes or leaves. Undefined where no gate takes anything new.
 */
export function assignGate<G extends AssignableGate>(walletId: string, gates: readonly G[]): G | undefined {
  let best: { readonly gate: G; readonly score: number } | undefined;
  for (const gate of gates) {
    if (gate.drain) continue;
    // Neither a wallet id nor an account id has a blank.
    const score = gate.weight / -Math.log(sha256Fraction(`${walletId} ${gate.gateId}`));
    if (best === undefined || score > best.score) best = { gate, score };
  }
  return best?.gate;
}

/** The gate for a wallet's request; where none takes anything new, the first: it may have the request already. */
export function gateFor(walletId: string, gates: readonly AssignableGate[]): AssignableGate {
  const gate = assignGate(walletId, gates) ?? gates[0];
  if (gate === undefined) throw new Error("there is no gate");
  return gate;
}
