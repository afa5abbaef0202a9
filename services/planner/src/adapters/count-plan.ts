import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { exceededQuotaOf, quotaExceeded } from "@outlayer/access";
import {
  LogService,
  type QuotaStanding as StandingMessage,
} from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { unavailable } from "@outlayer/kit";
import { type QuotaStanding, quotaUnit } from "@outlayer/workflow";
import type { CountPlan } from "../core/ports.ts";

export function planCounter(evidence: Transport): CountPlan {
  const log = createClient(LogService, evidence);
  return async (walletId, signal) => {
    try {
      return (await log.countPlan({ walletId }, { signal })).quotas.map(standingOf);
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      switch (error.code) {
        case Code.ResourceExhausted: {
          const exceeded = exceededQuotaOf(error);
          if (exceeded === undefined) throw error;
          throw quotaExceeded(error.rawMessage, exceeded);
        }
        case Code.Unavailable:
        case Code.DeadlineExceeded:
          throw unavailable("the request cannot be counted now: try again");
        default:
          throw error;
      }
    }
  };
}

export function standingOf({ quota, limit, remaining, unit, windowSecs, resetSecs }: StandingMessage): QuotaStanding {
  const window = windowSecs === undefined ? undefined : { secs: windowSecs, resetSecs: resetSecs ?? 0 };
  return { quota, limit: Number(limit), remaining: Number(remaining), unit: quotaUnit(unit), window };
}
