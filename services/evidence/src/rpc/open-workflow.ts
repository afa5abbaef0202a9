import type { OpenWorkflowRequest } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { Code, invalid, noteInContext, notFound, Refusal } from "@outlayer/kit";
import type { OpenResult, WorkflowLog } from "../core/log.ts";
import type { Admission, QuotaBook } from "../core/quota-book.ts";
import type { EvidenceStore } from "../core/store.ts";
import { refusalOf, standingMessage } from "./quotas.ts";

export interface OpenDeps {
  readonly log: WorkflowLog;
  readonly quotas: QuotaBook;
  readonly store: Pick<EvidenceStore, "findClaim">;
}

/**
 * A key that the wallet has used before is answered with its record, even over quota. A new one is counted before its log is
 * opened, so that every record is counted; if no log is opened, the count is given back.
 */
export async function openWorkflow({ log, quotas, store }: OpenDeps, request: OpenWorkflowRequest) {
  const { requestId, opened, operatorBoundYocto, onlyFinds } = request;
  if (opened === undefined) throw invalid("opened is required");
  const { walletId, idempotencyKey } = opened;
  noteInContext({ wallet_id: walletId });
  const isClaimed = async () => (await store.findClaim(walletId, idempotencyKey)) !== undefined;
  const boundYocto = opened.ended === undefined ? BigInt(operatorBoundYocto || "0") : undefined;
  const start = { requestId, boundYocto };
  let counted: Admission | undefined;
  if (!(await isClaimed())) {
    if (onlyFinds) throw notFound("the wallet has not used the key");
    counted = await quotas.countStart(walletId, start);
    // A first request under this key may have been recorded meanwhile.
    if (counted.kind === "exceeded" && !(await isClaimed())) throw refusalOf(counted);
  }
  const result = await log.open(requestId, opened);
  const standings = counted?.kind === "counted" ? counted.standings : [];
  if (standings.length > 0 && !isOwn(result, requestId)) await quotas.giveBack(walletId, start);
  switch (result.kind) {
    case "created":
      return { record: result.record, created: true, quotas: standings.map(standingMessage) };
    case "found":
      return { record: result.record, created: false };
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

/** Whether the record was opened by this call, or by an earlier attempt of it whose answer was lost. */
function isOwn(result: OpenResult, requestId: string): boolean {
  return "record" in result && result.record.requestId === requestId;
}

function taken(requestId: string, reason: string, what: string): Refusal {
  return new Refusal(Code.AlreadyExists, `${what} (request ${requestId})`, { reason, requestId });
}
