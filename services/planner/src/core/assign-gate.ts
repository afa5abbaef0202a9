import { sha256Fraction } from "@outlayer/near";

/** What the assignment of workflows needs to know of a gate. */
export interface AssignableGate {
  readonly gateId: string;
  /** Its share of the wallets, beside the other gates' weights. */
  readonly weight: number;
  /** It takes no new workflows. */
  readonly drain: boolean;
}

/** What a new workflow would meet at a gate. */
export type GateCondition = "free" | "busy" | "stuck";

/** By gate id; a gate that is not in it counts as free. */
export type GateConditions = ReadonlyMap<string, GateCondition>;

const nothingKnown: GateConditions = new Map();

/**
 * The gate for a wallet's new workflow, by weighted rendezvous hashing: a wallet keeps its gate while the gates stay as they are, and
 * a gate that comes or goes, or stops being free and is so again, moves only the wallets that it takes or leaves. Where no gate is
 * free, those that are busy are as good as free, and where all are stuck it is as if none were. Undefined where no gate takes
 * anything new.
 */
export function assignGate<G extends AssignableGate>(
  walletId: string,
  gates: readonly G[],
  conditions: GateConditions = nothingKnown,
): G | undefined {
  const taking = gates.filter(({ drain }) => !drain);
  const among = (...wanted: readonly GateCondition[]) =>
    taking.filter(({ gateId }) => wanted.includes(conditions.get(gateId) ?? "free"));
  const [chosenAmong = taking] = [among("free"), among("busy")].filter(({ length }) => length > 0);
  return preferred(walletId, chosenAmong);
}

function preferred<G extends AssignableGate>(walletId: string, gates: readonly G[]): G | undefined {
  let best: { readonly gate: G; readonly score: number } | undefined;
  for (const gate of gates) {
    // Neither a wallet id nor an account id has a blank.
    const score = gate.weight / -Math.log(sha256Fraction(`${walletId} ${gate.gateId}`));
    if (best === undefined || score > best.score) best = { gate, score };
  }
  return best?.gate;
}

/** The gate for a wallet's request; where none takes anything new, the first: it may have the request already. */
export function gateFor(
  walletId: string,
  gates: readonly AssignableGate[],
  conditions: GateConditions = nothingKnown,
): AssignableGate {
  const gate = assignGate(walletId, gates, conditions) ?? gates[0];
  if (gate === undefined) throw new Error("there is no gate");
  return gate;
}
