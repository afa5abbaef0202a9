import type { ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import { Code, Refusal } from "@outlayer/kit";
import { type ExceededQuota, quotaUnit } from "@outlayer/workflow";

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
    retryAfterSecs: exceeded.retryAfterSecs,
    quota: { subject: "wallet", id: quota, limit },
  });
}

/** The quota for which a call was refused, here or by another service; undefined for every other error. */
export function exceededQuotaOf(error: ConnectError | Refusal): ExceededQuota | undefined {
  const info = error instanceof Refusal ? error.about : error.findDetails(ErrorInfoSchema)[0];
  if (error.code !== Code.ResourceExhausted || info?.reason !== quotaExceededReason) return undefined;
  const {
    quota = "",
    limit,
    remaining,
    unit,
    window_secs: secs,
    reset_secs: resetSecs,
    retry_after_secs: retrySecs,
  } = info.metadata ?? {};
  const window = secs === undefined ? undefined : { secs: Number(secs), resetSecs: Number(resetSecs) };
  const standing = { quota, limit: Number(limit), remaining: Number(remaining), unit: quotaUnit(unit), window };
  return { standing, retryAfterSecs: Number(retrySecs) };
}
