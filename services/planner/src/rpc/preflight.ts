import type { WalletCaller } from "@outlayer/access";
import type { PreflightRequest } from "@outlayer/contracts/outlayer/planner/v1/planner";
import { readWorkflow } from "@outlayer/workflow";
import type { AskPreflight, FindRecord } from "../core/ports.ts";
import { drainedCheck, type Findings, findingsOf, noFindings, planCheck, withCheck } from "../core/preflight.ts";
import { readApproval } from "./approval.ts";
import { reading } from "./document.ts";
import { type PlanningDeps, planRequestOf, planWithFacts } from "./planning.ts";
import { refuseStepsOfSession } from "./session-limits.ts";
import { workflowDocument } from "./workflow-body.ts";

export interface PreflightDeps extends PlanningDeps {
  readonly askPreflight: AskPreflight;
  readonly findRecord: FindRecord;
}

/** Plans, and runs every check that executing the plan depends on. */
export async function preflight(
  deps: PreflightDeps,
  { body }: PreflightRequest,
  caller: WalletCaller,
  signal: AbortSignal,
) {
  const { walletId } = caller;
  const gate = await deps.chooseGate(walletId);
  const of = { walletId, gateId: gate.gateId };
  if (body.case === undefined) {
    const found = findingsOf(await deps.askPreflight({ ...of, calls: [] }, signal));
    return { preflight: gate.drain ? withCheck(found, drainedCheck(gate.gateId)) : found };
  }
  const { original, request } = reading(() => {
    const original = workflowDocument(body);
    return { original, request: readWorkflow(original) };
  });
  refuseStepsOfSession(caller, request.steps);
  const { onFailure, ordering, approval: info } = request;
  const approval = await readApproval(deps, { endpoint: "workflow", original, info }, caller, signal);
  const { plan, calls, stepwise } = await planWithFacts(deps, planRequestOf(request, caller), of, signal);
  // A plan that would not be executed asks no other service.
  const found: Findings = plan.executable
    ? findingsOf(await deps.askPreflight({ ...of, calls, approval, stepwise, onFailure, ordering }, signal))
    : noFindings;
  const isRefused = gate.drain && plan.executable;
  const all = isRefused ? withCheck(found, drainedCheck(gate.gateId)) : found;
  return { preflight: { ...withCheck(all, planCheck(plan)), plan } };
}
