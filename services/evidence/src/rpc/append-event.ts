import type { AppendEventRequest } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { Code, conflict, invalid, notFound, Refusal } from "@outlayer/kit";
import type { WorkflowLog } from "../core/log.ts";
import { checkLease, type LeaseDeps } from "./leases.ts";

export interface AppendEventDeps {
  readonly log: WorkflowLog;
  readonly leases: Pick<LeaseDeps, "store">;
}

export async function appendEvent({ log, leases }: AppendEventDeps, request: AppendEventRequest) {
  const { requestId, expectedVersion, event, lease } = request;
  if (event === undefined) throw invalid("event is required");
  await checkLease(leases, lease);
  const result = await log.append(requestId, Number(expectedVersion), event);
  switch (result.kind) {
    case "appended":
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
