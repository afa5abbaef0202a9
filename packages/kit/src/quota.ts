import { Code, type ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import { type ExceededQuota, quotaUnit } from "@outlayer/workflow";
import { Refusal } from "./refusal.ts";

const quotaExceededReason = "QUOTA_EXCEEDED";

/** @param message a sentence for the caller */
export function quotaExceeded(message: string, exceeded: ExceededQuota): Refusal {
  const { quota, limit, remaining, unit, window } = exceeded.standing;
  return new Refusal(Code.ResourceExhausted, message, {
    reason: quotaExceededReason,
    metadata: {
      quota,
      limit: String(limit),
      remaining: String(remaining),
      unit,
      retry_after_secs: String(exceeded.retryAfterSecs),
      ...(window === undefined ? {} : { window_secs: String(window.secs), reset_secs: String(window.resetSecs) }),
    },
    exceeded,
  });
}

/** The quota for which another service has refused a call; undefined for every other error. */
export function exceededQuotaOf(error: ConnectError): ExceededQuota | undefined {
  const [info] = error.findDetails(ErrorInfoSchema);
  if (error.code !== Code.ResourceExhausted || info?.reason !== quotaExceededReason) return undefined;
  const { quota = "", limit, remaining, unit, window_secs: secs, reset_secs: resetSecs } = info.metadata;
  const window = secs === undefined ? undefined : { secs: Number(secs), resetSecs: Number(resetSecs) };
  const standing = { quota, limit: Number(limit), remaining: Number(remaining), unit: quotaUnit(unit), window };
  return { standing, retryAfterSecs: Number(info.metadata.retry_after_secs) };
}
