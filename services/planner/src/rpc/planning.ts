import type { WorkflowRequest } from "@outlayer/workflow";
import { type Limits, noFacts } from "../core/facts.ts";
import { type Planning, type PlanRequest, plan } from "../core/plan.ts";
import type { FetchFacts, KnownFacts } from "../core/ports.ts";

export interface PlanningDeps {
  readonly limits: Limits;
  readonly fetchFacts: FetchFacts;
  readonly knownFacts: KnownFacts;
}

export function planRequestOf({ steps, onFailure }: WorkflowRequest): PlanRequest {
  return { steps, name: "steps", haltOnFailure: onFailure === "halt" };
}

/**
 * Plans a request with the facts that it needs. A request that is rejected whatever the facts are fetches none, so it costs the
 * keystore and the chain nothing.
 *
 * Where all facts are known already, one planning is enough: no fact changes a plan that would not have asked for it.
 */
export async function planWithFacts(
  { limits, fetchFacts, knownFacts }: PlanningDeps,
  request: PlanRequest,
  walletId: string,
  signal: AbortSignal,
): Promise<Planning> {
  const known = knownFacts(walletId);
  if (known !== undefined) return plan(request, known, limits);
  const planning = plan(request, noFacts, limits);
  const { unchecked } = planning.plan;
  return unchecked.length === 0 ? planning : plan(request, await fetchFacts(walletId, unchecked, signal), limits);
}
