import type { WalletCaller } from "@outlayer/access";
import type { ExecuteWorkflowRequest } from "@outlayer/contracts/outlayer/planner/v1/planner";
import { fingerprint, readWorkflow } from "@outlayer/workflow";
import { openedWorkflow } from "../core/opening.ts";
import { readApproval } from "./approval.ts";
import { reading } from "./document.ts";
import { chooseKey, type ExecuteDeps, open } from "./open.ts";
import { planRequestOf, planWithFacts } from "./planning.ts";
import { refuseStepsOfSession } from "./session-limits.ts";
import { workflowDocument } from "./workflow-body.ts";

export async function executeWorkflow(
  deps: ExecuteDeps,
  { body, idempotencyKeys }: ExecuteWorkflowRequest,
  caller: WalletCaller,
  signal: AbortSignal,
) {
  const { walletId } = caller;
  const { original, request, key } = reading(() => {
    const original = workflowDocument(body);
    const request = readWorkflow(original);
    return { original, request, key: chooseKey(deps.ids, request.idempotencyKey, idempotencyKeys) };
  });
  refuseStepsOfSession(caller, request.steps);
  const sent = { endpoint: "workflow", original, info: request.approval } as const;
  const approval = await readApproval(deps, sent, caller, signal);
  const of = { walletId, gateId: (await deps.chooseGate(walletId)).gateId };
  const planning = await planWithFacts(deps, planRequestOf(request, caller), of, signal);
  const asked = {
    walletId,
    idempotencyKey: key.text,
    fingerprint: fingerprint("workflow", original),
    original,
    approval,
  };
  return open(deps, key, openedWorkflow(asked, request, planning), signal);
}
