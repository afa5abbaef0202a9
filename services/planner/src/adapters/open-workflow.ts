import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { exceededQuotaOf } from "@outlayer/access";
import { ErrorInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { Turnstile } from "@outlayer/kit";
import { type OperatorCosts, operatorBound } from "../core/operator-bound.ts";
import type { OpenWorkflow } from "../core/ports.ts";
import { standingOf } from "./count-plan.ts";

/**
 * Workflows that are opened concurrently. With hundreds at once evidence would answer none in time, and each call would be retried;
 * here they wait as long as their callers do, in turns that are fair between wallets, and those whose callers have gone never
 * reach evidence. Fetching facts takes no turns: a slow keystore or chain must delay only callers that need it.
 */
const atOnce = 8;

export function workflowOpener(evidence: Transport, costs: OperatorCosts): OpenWorkflow {
  const log = createClient(LogService, evidence);
  const turnstile = new Turnstile(atOnce);
  return async (requestId, opened, signal) => {
    try {
      const operatorBoundYocto = String(operatorBound(opened.calls ?? [], costs));
      const open = () => log.openWorkflow({ requestId, opened, operatorBoundYocto }, { signal });
      const { record, created, quotas } = await turnstile.pass("usual", open, { party: opened.walletId, signal });
      if (record === undefined) throw new Error("evidence answered without a record");
      // A retry whose first attempt got no answer finds the record of that attempt.
      const isNew = created || record.requestId === requestId;
      return { kind: "opened", record, created: isNew, quotas: quotas.map(standingOf) };
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      switch (error.code) {
        case Code.AlreadyExists: {
          const [info] = error.findDetails(ErrorInfoSchema);
          const kind = info?.reason === "APPROVAL_ALREADY_USED" ? "approval_used" : "other_request";
          return { kind, requestId: info?.metadata.request_id };
        }
        case Code.ResourceExhausted: {
          const exceeded = exceededQuotaOf(error);
          if (exceeded === undefined) throw error;
          return { kind: "over_quota", message: error.rawMessage, exceeded };
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
