import type { WalletCaller } from "@outlayer/access";
import type { PlanRequest } from "@outlayer/contracts/outlayer/planner/v1/planner";
import { readWorkflow } from "@outlayer/workflow";
import { reading } from "./document.ts";
import { type PlanningDeps, planRequestOf, planWithFacts } from "./planning.ts";
import { workflowDocument } from "./workflow-body.ts";

export interface PlanDeps extends PlanningDeps {}

export async function planWorkflow(
  deps: PlanDeps,
  { body }: PlanRequest,
  { walletId }: WalletCaller,
  signal: AbortSignal,
) {
  const request = reading(() => readWorkflow(workflowDocument(body)));
  const { plan } = await planWithFacts(deps, planRequestOf(request), walletId, signal);
  return { plan };
}
