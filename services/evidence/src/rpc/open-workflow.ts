import { ErrorInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import type { OpenWorkflowRequest } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { Code, invalid, Refusal } from "@outlayer/kit";
import type { WorkflowLog } from "../core/log.ts";

export async function openWorkflow(log: WorkflowLog, { requestId, opened }: OpenWorkflowRequest) {
  if (opened === undefined) throw invalid("opened is required");
  const result = await log.open(requestId, opened);
  if (result.kind === "other_request") {
    const info = {
      reason: "IDEMPOTENCY_KEY_REUSED",
      domain: "evidence",
      metadata: { request_id: result.requestId },
    };
    throw new Refusal(
      Code.AlreadyExists,
      `idempotency key was already used with another request (request ${result.requestId})`,
      [{ desc: ErrorInfoSchema, value: info }],
    );
  }
  return { record: result.record, created: result.kind === "created" };
}
