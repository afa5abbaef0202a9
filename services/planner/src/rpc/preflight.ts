import type { PreflightRequest } from "@outlayer/contracts/outlayer/planner/v1/planner";
import { authenticateWallet, type WalletCredentials } from "@outlayer/kit";
import { readWorkflow } from "@outlayer/workflow";
import type { AskPreflight } from "../core/ports.ts";
import { type Found, foundBy, nothingFound, planCheck, withCheck } from "../core/preflight.ts";
import { reading } from "./document.ts";
import { type PlanningDeps, planWithFacts } from "./planning.ts";
import { workflowDocument } from "./workflow-body.ts";

export interface PreflightDeps extends PlanningDeps {
  readonly credentials: WalletCredentials;
  readonly askPreflight: AskPreflight;
}

/** Plans, and has everything looked at that executing the plan depends on. */
export async function preflight(
  deps: PreflightDeps,
  { body }: PreflightRequest,
  headers: Headers,
  signal: AbortSignal,
) {
  const walletId = authenticateWallet(headers, deps.credentials);
  if (body.case === undefined) return { preflight: foundBy(await deps.askPreflight(walletId, [], signal)) };
  const { steps } = reading(() => readWorkflow(workflowDocument(body)));
  const { plan, calls } = await planWithFacts(deps, { steps, name: "steps" }, walletId, signal);
  // What would not be executed reaches nobody.
  const found: Found = plan.executable ? foundBy(await deps.askPreflight(walletId, calls, signal)) : nothingFound;
  return { preflight: { ...withCheck(found, planCheck(plan)), plan } };
}
