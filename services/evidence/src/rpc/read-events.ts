import type { ReadEventsRequest } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { notFound } from "@outlayer/kit";
import type { WorkflowLog } from "../core/log.ts";
import { eventOf } from "../core/record.ts";

export async function readEvents(log: WorkflowLog, { requestId, afterVersion }: ReadEventsRequest) {
  const entries = await log.entries(requestId);
  if (entries.length === 0) throw notFound(`workflow ${requestId} was not found`);
  const wanted = entries.filter((entry) => entry.version > Number(afterVersion));
  return {
    events: wanted.map((entry) => ({
      version: BigInt(entry.version),
      atMs: BigInt(entry.atMs),
      event: eventOf(entry),
    })),
  };
}
