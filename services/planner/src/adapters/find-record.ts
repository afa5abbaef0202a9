import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { RecordService } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { walletAuthHeaders } from "@outlayer/kit";
import type { FindRecord } from "../core/ports.ts";

/** Reads records with the caller's own credentials, so that it finds what the caller would find. */
export function recordFinder(evidence: Transport): FindRecord {
  const records = createClient(RecordService, evidence);
  return async ({ requestId, endpoint }, caller, signal) => {
    const headers = new Headers();
    for (const name of walletAuthHeaders) {
      const value = caller.get(name);
      if (value !== null) headers.set(name, value);
    }
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
