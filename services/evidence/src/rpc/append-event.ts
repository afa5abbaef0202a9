import type { AppendEventRequest } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { Code, conflict, invalid, type Logger, notFound, Refusal } from "@outlayer/kit";
import type { WorkflowLog } from "../core/log.ts";
import type { QuotaBook } from "../core/quota-book.ts";
import { checkLease, type LeaseCheckDeps } from "./leases.ts";

export interface AppendEventDeps {
  readonly log: WorkflowLog;
  readonly leases: LeaseCheckDeps;
  readonly quotas: QuotaBook;
  readonly logger: Logger;
}

export async function appendEvent(deps: AppendEventDeps, request: AppendEventRequest) {
  const { log, leases } = deps;
  const { requestId, expectedVersion, event, lease } = request;
  if (event === undefined) throw invalid("event is required");
  await checkLease(leases, lease, await log.partition(requestId));
  const result = await log.append(requestId, Number(expectedVersion), event);
  switch (result.kind) {
    case "appended":
      if (event.kind.case === "ended") await settle(deps, requestId, result.version);
      return { version: BigInt(result.version) };
    case "conflict":
      throw conflict(`workflow ${requestId} has moved on from version ${expectedVersion}`);
    case "ended":
      throw new Refusal(Code.FailedPrecondition, `workflow ${requestId} has ended`);
    case "unknown":
      throw notFound(`workflow ${requestId} was not found`);
    default:
      return result satisfies never;
  }
}

/** A failure is only logged: the end is in the log, and an audit settles requests that still count as open. */
async function settle({ log, quotas, logger }: AppendEventDeps, requestId: string, version: number): Promise<void> {
  try {
    const record = await log.record(requestId, version);
    if (record !== undefined) await quotas.settle(record);
  } catch (error) {
    logger.warn({ err: error, request_id: requestId }, "the workflow's cost is not counted yet");
  }
}
