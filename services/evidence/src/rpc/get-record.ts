import type { WalletCaller } from "@outlayer/access";
import type { GetRecordRequest } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import type { Record } from "@outlayer/contracts/outlayer/workflow/v1/record";
import { type Bus, deadline, type Timers } from "@outlayer/kit";
import { isTerminal } from "@outlayer/workflow";
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
  const first = await readOwnRecord(log, caller, request);
  if (request.waitMs === 0) return first;
  const changes = new Changes(bus, timers, first.requestId);
  const limit = deadline(timers, request.waitMs, signal());
  try {
    // A second read, for changes from before the subscription.
    let record = (await log.record(first.requestId)) ?? first;
    while (!isTerminal(record.status) && !limit.signal.aborted) {
      if (!request.untilTerminal && record.version > first.version) break;
      await changes.next(limit.signal);
      record = (await log.record(first.requestId)) ?? record;
    }
    return record;
  } finally {
    limit.done();
    changes.end();
  }
}
