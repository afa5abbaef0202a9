import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { exceededQuotaOf } from "@outlayer/access";
import { ErrorInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { type Clock, Turnstile, unavailable } from "@outlayer/kit";
import { partyOf } from "@outlayer/workflow";
import { type OperatorCosts, operatorBound } from "../core/operator-bound.ts";
import type { OpenWorkflow } from "../core/ports.ts";
import { standingOf } from "./count-plan.ts";

/**
 * Workflows that are opened concurrently. With hundreds at once evidence would answer none in time, and each call would be retried;
 * here they wait as long as their callers do, in turns that are fair between wallets, and those whose callers have gone never
 * reach evidence. Fetching facts takes no turns: a slow keystore or chain must delay only callers that need it.
 */
const atOnce = 24;

/** How long a wallet's request may wait for its turn before others of the wallet are refused, milliseconds. */
const behindMs = 2_000;

export interface WorkflowOpener {
  readonly open: OpenWorkflow;
  /**
   * Call it before any work is done for a request.
   * @throws Refusal Unavailable while a request of the wallet has waited for more than 2 s to be recorded: the next one would
   * wait no less (rule: overload-is-refused-before-work). A wallet whose requests are recorded in time is never refused,
   * whatever others send.
   */
  refuseWhileBehind(walletId: string): void;
}

export function workflowOpener(evidence: Transport, costs: OperatorCosts, clock: Clock): WorkflowOpener {
  const log = createClient(LogService, evidence);
  const turnstile = new Turnstile(atOnce);
  /** By wallet: since when its requests wait, oldest first. */
  const waiting = new Map<string, { readonly sinceMs: number }[]>();

  /** @returns what to call when the wait is over */
  function wait(walletId: string): () => void {
    const mine = { sinceMs: clock.now() };
    const others = waiting.get(walletId);
    if (others === undefined) waiting.set(walletId, [mine]);
    else others.push(mine);
    return () => {
      const left = (waiting.get(walletId) ?? []).filter((one) => one !== mine);
      if (left.length > 0) waiting.set(walletId, left);
      else waiting.delete(walletId);
    };
  }

  const open: OpenWorkflow = async (requestId, opened, signal, onlyFinds = false) => {
    const waited = wait(opened.walletId ?? "");
    try {
      const operatorBoundYocto = String(operatorBound(opened.calls ?? [], costs));
      const open = () => {
        waited();
        return log.openWorkflow({ requestId, opened, operatorBoundYocto, onlyFinds }, { signal });
      };
      const { record, created, quotas } = await turnstile.pass("usual", open, {
        party: partyOf(opened.walletId ?? ""),
        signal,
      });
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
        case Code.NotFound:
          if (!onlyFinds) throw error;
          return { kind: "draining" };
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
    } finally {
      waited();
    }
  };

  return {
    open,
    refuseWhileBehind(walletId) {
      const [oldest] = waiting.get(walletId) ?? [];
      if (oldest === undefined || clock.now() - oldest.sinceMs <= behindMs) return;
      throw unavailable(
        "more requests of this wallet wait than can be recorded in time: try again with the same idempotency key",
      );
    },
  };
}
