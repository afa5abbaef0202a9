import type { PreflightRequest } from "@outlayer/contracts/outlayer/planner/v1/planner";
import { authenticateCaller, type WalletCredentials } from "@outlayer/kit";
import { readWorkflow } from "@outlayer/workflow";
import type { AskPreflight, FindRecord } from "../core/ports.ts";
import { type Found, foundBy, nothingFound, planCheck, withCheck } from "../core/preflight.ts";
import { readApproval } from "./approval.ts";
import { reading } from "./document.ts";
import { type PlanningDeps, planWithFacts } from "./planning.ts";
import { workflowDocument } from "./workflow-body.ts";

export interface PreflightDeps extends PlanningDeps {
  readonly credentials: WalletCredentials;
  readonly askPreflight: AskPreflight;
  readonly findRecord: FindRecord;
}

/** Plans, and has everything looked at that executing the plan depends on. */
export async function preflight(
  deps: PreflightDeps,
  { body }: PreflightRequest,
  headers: Headers,
  signal: AbortSignal,
) {
  const caller = authenticateCaller(headers, deps.credentials);
  const { walletId } = caller;
  if (body.case === undefined) {
    return { preflight: foundBy(await deps.askPreflight({ walletId, calls: [], approval: undefined }, signal)) };
  }
  const { original, steps, info } = reading(() => {
    const original = workflowDocument(body);
    const { steps, approval } = readWorkflow(original);
    return { original, steps, info: approval };
  });
  const approval = await readApproval(deps, { endpoint: "workflow", original, info }, { ...caller, headers }, signal);
  const { plan, calls } = await planWithFacts(deps, { steps, name: "steps" }, walletId, signal);
  // What would not be executed reaches nobody.
  const found: Found = plan.executable
    ? foundBy(await deps.askPreflight({ walletId, calls, approval }, signal))
    : nothingFound;
  return { preflight: { ...withCheck(found, planCheck(plan)), plan } };
}
