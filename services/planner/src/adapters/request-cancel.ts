import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import type { RequestCancel } from "../core/ports.ts";

export function cancelRequester(evidence: Transport): RequestCancel {
  const log = createClient(LogService, evidence);
  return async (requestId, walletId, signal) => {
    try {
      const { record } = await log.requestCancel({ requestId, walletId }, { signal });
      if (record === undefined) throw new Error("evidence answered without a record");
      return { kind: "recorded", record };
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
