import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import type { OpenWorkflow } from "../core/ports.ts";

export function workflowOpener(evidence: Transport): OpenWorkflow {
  const log = createClient(LogService, evidence);
  return async (requestId, opened, signal) => {
    try {
      const { record, created } = await log.openWorkflow({ requestId, opened }, { signal });
      if (record === undefined) throw new Error("evidence answered without a record");
      // A call that was made again, because no answer came to the first, finds what the first has made.
      return { kind: "opened", record, created: created || record.requestId === requestId };
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      switch (error.code) {
        case Code.AlreadyExists: {
          const [info] = error.findDetails(ErrorInfoSchema);
          const kind = info?.reason === "APPROVAL_ALREADY_USED" ? "approval_used" : "other_request";
          return { kind, requestId: info?.metadata.request_id };
        }
        case Code.Unavailable:
        case Code.DeadlineExceeded:
          return { kind: "unavailable" };
        default:
          throw error;
      }
    }
  };
}
