import { sessionAccountOf, type WalletCaller } from "@outlayer/access";
import type { WorkflowRequest } from "@outlayer/workflow";
import { type Limits, noFacts } from "../core/facts.ts";
import { type Planning, type PlanRequest, plan } from "../core/plan.ts";
import type { ChooseGate, FactsOf, FetchFacts, FetchPayloadFacts, KnownFacts } from "../core/ports.ts";

export interface PlanningDeps {
  readonly limits: Limits;
  readonly chooseGate: ChooseGate;
  readonly fetchFacts: FetchFacts;
  readonly knownFacts: KnownFacts;
  readonly fetchPayloadFacts: FetchPayloadFacts;
}

export function planRequestOf({ steps, onFailure }: WorkflowRequest, { walletId }: WalletCaller): PlanRequest {
  return { steps, name: "steps", haltOnFailure: onFailure === "halt", session: sessionAccountOf(walletId) };
}

/**
 * Plans a request with the facts that it needs, for the gate that would carry it. A request that is rejected whatever the facts are fetches none, so it costs the
 * keystore and the chain nothing.
 *
 * Where all facts are known already, one planning is enough: no fact changes a plan that would not have asked for it.
 */
export async function planWithFacts(
  { limits, fetchFacts, knownFacts, fetchPayloadFacts }: PlanningDeps,
  request: PlanRequest,
  of: FactsOf,
  signal: AbortSignal,
): Promise<Planning> {
  const known = knownFacts(of);
  const carried = (planning: Planning): Planning =>
    planning.plan.executable ? { ...planning, plan: { ...planning.plan, gateId: of.gateId } } : planning;
  const planning = plan(request, known ?? noFacts, limits);
  const { plan: first, uncheckedPayloads: payloads, uncheckedTime } = planning;
  const asksVerifier = payloads.length > 0 || uncheckedTime;
  if (first.unchecked.length === 0 || (known !== undefined && !asksVerifier)) return carried(planning);
  const [facts, verifier] = await Promise.all([
    known ?? fetchFacts(of, first.unchecked, signal),
    asksVerifier ? fetchPayloadFacts(payloads, signal) : undefined,
  ]);
  return carried(plan(request, { ...facts, verifier }, limits));
}
