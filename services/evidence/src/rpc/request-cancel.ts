import type { RequestCancelRequest } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { notFound } from "@outlayer/kit";
import { filedId } from "@outlayer/workflow";
import type { WorkflowLog } from "../core/log.ts";

export async function requestCancel(log: WorkflowLog, { requestId, walletId }: RequestCancelRequest) {
  const result = await log.requestCancel(filedId(requestId), walletId);
  switch (result.kind) {
    case "recorded":
      return { record: result.record };
    case "unknown":
      throw notFound(`workflow request ${requestId} was not found`, { reason: "REQUEST_NOT_FOUND" });
    default:
      return result satisfies never;
  }
}
