import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { vouchingHeaders } from "@outlayer/access";
import { RecordService } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import type { FindRecord } from "../core/ports.ts";

/** Reads records as the calling wallet, so that other wallets' records stay hidden. */
export function recordFinder(evidence: Transport): FindRecord {
  const records = createClient(RecordService, evidence);
  return async ({ requestId, endpoint }, caller, signal) => {
    const headers = vouchingHeaders(caller);
    try {
      return { kind: "found", record: await records.getRecord({ requestId, endpoint }, { headers, signal }) };
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      switch (error.code) {
        case Code.NotFound:
          return { kind: "not_found" };
        case Code.Unavailable:
        case Code.DeadlineExceeded:
          return { kind: "unavailable" };
        default:
          throw error;
      }
    }
  };
}
