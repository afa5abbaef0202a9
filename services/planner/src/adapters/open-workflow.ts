import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { exceededQuotaOf, Turnstile } from "@outlayer/kit";
import { type OperatorCosts, operatorBound } from "../core/operator-bound.ts";
import type { OpenWorkflow } from "../core/ports.ts";
import { standingOf } from "./count-plan.ts";

/**
 * Workflows that are being opened at once. Of hundreds that come together evidence would open none in time, and be asked for each
 * again; here they wait for as long as their callers do, wallets in fair turns, and evidence need not know of those that have gone. Only this takes turns: a
 * slow keystore or chain, asked for a plan's facts before, is to hold up nobody but those who ask for the same.
 */
const atOnce = 8;

export function workflowOpener(evidence: Transport, costs: OperatorCosts): OpenWorkflow {
  const log = createClient(LogService, evidence);
  const turnstile = new Turnstile(atOnce);
  return async (requestId, opened, signal) => {
    try {
      const operatorBoundYocto = String(operatorBound(opened.calls ?? [], costs));
      const open = () => log.openWorkflow({ requestId, opened, operatorBoundYocto }, { signal });
      const { record, created, quotas } = await turnstile.pass("usual", open, { walletId: opened.walletId, signal });
      if (record === undefined) throw new Error("evidence answered without a record");
      // A call that was made again, because no answer came to the first, finds what the first has made.
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
