import { Code, ConnectError } from "@connectrpc/connect";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  QuotaFailureSchema,
  RequestInfoSchema,
  RetryInfoSchema,
} from "@outlayer/contracts/google/rpc/error_details";
import type { Refusal, RefusalAbout } from "../refusal.ts";

/** Seconds after which a caller may try again after a temporary failure, over gRPC and REST alike. */
export const retryAfterSecs = 2;

/**
 * The one place that makes errors for callers. Each carries `ErrorInfo`; `BadRequest` where a field is at fault;
 * `RequestInfo`, and `request_id` in the metadata, where the error is about a record; `RetryInfo` where a retry may succeed;
 * `QuotaFailure` where a quota is used up.
 * @param domain proto package of the answering service: reasons are unique within it
 */
export function connectErrorOf(refusal: Refusal, domain: string): ConnectError {
  const { code, message, about } = refusal;
  const { reason = reasonOf(code), field, requestId, quota } = about;
  const retrySecs = about.retryAfterSecs ?? (code === Code.Unavailable ? retryAfterSecs : undefined);
  const metadata = { ...about.metadata, ...(requestId === undefined ? {} : { request_id: requestId }) };
  const details = [
    { desc: ErrorInfoSchema, value: { reason, domain, metadata } },
    ...(field === undefined
      ? []
      : [{ desc: BadRequestSchema, value: { fieldViolations: [{ field, reason, description: message }] } }]),
    ...(requestId === undefined ? [] : [{ desc: RequestInfoSchema, value: { requestId } }]),
    ...(retrySecs === undefined
      ? []
      : [{ desc: RetryInfoSchema, value: { retryDelay: { seconds: BigInt(retrySecs) } } }]),
    ...(quota === undefined ? [] : [{ desc: QuotaFailureSchema, value: { violations: [violation(quota, message)] } }]),
  ];
  return new ConnectError(message, code, undefined, details, refusal);
}

function violation({ subject, id, limit }: NonNullable<RefusalAbout["quota"]>, description: string) {
  return { subject, description, quotaId: id, quotaValue: BigInt(limit) };
}

/** `InvalidArgument` → `INVALID_ARGUMENT` */
function reasonOf(code: Code): string {
  return Code[code].replace(/(?<=[a-z])[A-Z]/g, "_$&").toUpperCase();
}

/** `outlayer.planner.v1.PlannerService` → `outlayer.planner.v1` */
export function domainOf({ typeName }: { readonly typeName: string }): string {
  return typeName.slice(0, typeName.lastIndexOf("."));
}
