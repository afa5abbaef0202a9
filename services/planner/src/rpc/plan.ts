import type { PlanRequest } from "@outlayer/contracts/outlayer/planner/v1/planner";
import { authenticateWallet, type WalletCredentials } from "@outlayer/kit";
import { readWorkflow } from "@outlayer/workflow";
import { reading } from "./document.ts";
import { type PlanningDeps, planRequestOf, planWithFacts } from "./planning.ts";
import { workflowDocument } from "./workflow-body.ts";

export interface PlanDeps extends PlanningDeps {
  readonly credentials: WalletCredentials;
}

export async function planWorkflow(deps: PlanDeps, { body }: PlanRequest, headers: Headers, signal: AbortSignal) {
  const walletId = authenticateWallet(headers, deps.credentials);
  const request = reading(() => readWorkflow(workflowDocument(body)));
  const { plan } = await planWithFacts(deps, planRequestOf(request), walletId, signal);
  return { plan };
}
