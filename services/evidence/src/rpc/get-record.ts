import type { WalletCaller } from "@outlayer/access";
import type { GetRecordRequest } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import type { Record } from "@outlayer/contracts/outlayer/workflow/v1/record";
import { type Bus, deadline, type Timers } from "@outlayer/kit";
import { filedId, isTerminal, isUuid } from "@outlayer/workflow";
import type { WorkflowLog } from "../core/log.ts";
import { Changes } from "./changes.ts";
import { readOwnRecord } from "./ownership.ts";

export interface GetRecordDeps {
  readonly log: WorkflowLog;
  readonly bus: Bus;
  readonly timers: Timers;
}

/**
 * Answers at once, or waits until the record changes or ends, for at most `wait_ms`.
 * @param signal asked for only where it waits
 */
export async function getRecord(
  { log, bus, timers }: GetRecordDeps,
  request: GetRecordRequest,
  caller: WalletCaller,
  signal: () => AbortSignal,
): Promise<Record> {
  const requestId = filedId(request.requestId);
  // Only a UUID can be a record's id, or become part of a subject.
  if (request.waitMs === 0 || !isUuid(requestId)) return readOwnRecord(log, caller, request);
  // Before the first read, so that no change comes between them.
  const changes = new Changes(bus, timers, requestId);
  const limit = deadline(timers, request.waitMs, signal());
  try {
    const first = await readOwnRecord(log, caller, request);
    let record = first;
    while (!isTerminal(record.status) && !limit.signal.aborted) {
      if (!request.untilTerminal && record.version > first.version) break;
      const told = await changes.next(Number(record.version), limit.signal);
      record = (await log.record(requestId, told)) ?? record;
    }
    return record;
  } finally {
    limit.done();
    changes.end();
  }
}
