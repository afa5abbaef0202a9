import type { OpenWorkflowRequest } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { Code, invalid, Refusal } from "@outlayer/kit";
import type { WorkflowLog } from "../core/log.ts";

export async function openWorkflow(log: WorkflowLog, { requestId, opened }: OpenWorkflowRequest) {
  if (opened === undefined) throw invalid("opened is required");
  const result = await log.open(requestId, opened);
  switch (result.kind) {
    case "created":
    case "found":
      return { record: result.record, created: result.kind === "created" };
    case "other_request":
      throw taken(result.requestId, "IDEMPOTENCY_KEY_REUSED", "idempotency key was already used with another request");
    case "approval_used": {
      const what = `approval of request ${opened.approval?.requestId} was already used`;
      throw taken(result.requestId, "APPROVAL_ALREADY_USED", what);
    }
    default:
      return result satisfies never;
  }
}

function taken(requestId: string, reason: string, what: string): Refusal {
  return new Refusal(Code.AlreadyExists, `${what} (request ${requestId})`, { reason, requestId });
}
