import type { WalletCaller } from "@outlayer/access";
import type { PlanRequest } from "@outlayer/contracts/outlayer/planner/v1/planner";
import { readWorkflow } from "@outlayer/workflow";
import { reading } from "./document.ts";
import { type PlanningDeps, planRequestOf, planWithFacts } from "./planning.ts";
import { refuseStepsOfSession } from "./session-limits.ts";
import { workflowDocument } from "./workflow-body.ts";

export interface PlanDeps extends PlanningDeps {}

export async function planWorkflow(deps: PlanDeps, { body }: PlanRequest, caller: WalletCaller, signal: AbortSignal) {
  const { walletId } = caller;
  const request = reading(() => readWorkflow(workflowDocument(body)));
  refuseStepsOfSession(caller, request.steps);
  const of = { walletId, gateId: (await deps.chooseGate(walletId)).gateId };
  const { plan } = await planWithFacts(deps, planRequestOf(request, caller), of, signal);
  return { plan };
}
