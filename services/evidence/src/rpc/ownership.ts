import type { WalletCaller } from "@outlayer/access";
import type { Record } from "@outlayer/contracts/outlayer/workflow/v1/record";
import { notFound } from "@outlayer/kit";
import { filedId } from "@outlayer/workflow";
import type { WorkflowLog } from "../core/log.ts";

/** The record that the caller asks for; of any endpoint where that is empty. */
export interface RecordQuery {
  readonly requestId: string;
  readonly endpoint: string;
}

/**
 * Reads a record for the calling wallet. Another wallet's record is answered like an unknown id: NotFound.
 */
export async function readOwnRecord(
  log: WorkflowLog,
  { walletId }: WalletCaller,
  wanted: RecordQuery,
): Promise<Record> {
  const record = await log.record(filedId(wanted.requestId));
  const fits = wanted.endpoint === "" || record?.endpoint === wanted.endpoint;
  if (record === undefined || record.walletId !== walletId || !fits) {
    throw notFound(`${nameOf(wanted.endpoint)} request ${wanted.requestId} was not found`, {
      reason: "REQUEST_NOT_FOUND",
    });
  }
  return record;
}

function nameOf(endpoint: string): string {
  switch (endpoint) {
    case "sequential_batch":
      return "sequential batch";
    case "direct_user_function_call":
      return "direct user function call";
    default:
      return "workflow";
  }
}
