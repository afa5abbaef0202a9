import type { JsonObject } from "@bufbuild/protobuf";
import { type ExceededQuota, rateLimitHeaders } from "@outlayer/workflow";

/** RFC 9110's phrases for the error statuses that the gateway answers with. */
const titles = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  421: "Misdirected Request",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
} as const;

export type ProblemStatus = keyof typeof titles;

/** Seconds after which a caller may retry after a temporary failure. The same as gRPC's `RetryInfo`. */
const retryAfterSecs = 2;

/** An error without a record. Its message is a sentence for the caller; its cause is for the log alone. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: ProblemStatus;
  /** The request that the error is about, where one is known. */
  readonly requestId: string | undefined;
  /** The quota that is used up; set for a 429 by a quota. */
  readonly exceeded: ExceededQuota | undefined;
  /** Headers beside those of `problemHeaders`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: ProblemStatus,
    message: string,
    more: {
      requestId?: string | undefined;
      exceeded?: ExceededQuota | undefined;
      headers?: Readonly<Record<string, string>>;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: more.cause });
    this.status = status;
    this.requestId = more.requestId;
    this.exceeded = more.exceeded;
    this.headers = more.headers ?? {};
  }
}

export const internalError = (cause: unknown) => new Problem(500, "internal error", { cause });

/** Headers of every answer to such a problem. */
export function problemHeaders({ status, exceeded }: Problem): Readonly<Record<string, string>> {
  if (exceeded !== undefined) {
    return { "retry-after": String(exceeded.retryAfterSecs), ...rateLimitHeaders([exceeded.standing]) };
  }
  switch (status) {
    case 401:
      return { "www-authenticate": 'Bearer realm="wallet"' };
    case 503:
      return { "retry-after": String(retryAfterSecs) };
    default:
      return {};
  }
}

/** @param instance path of the request */
export function problemBody({ status, message, requestId, exceeded }: Problem, instance: string): JsonObject {
  return {
    ...problemMembers(status, message, instance),
    ...(exceeded === undefined ? {} : quotaMembers(exceeded)),
    status,
    ...(requestId === undefined ? {} : { request_id: requestId }),
  };
}

/** The problem's members by draft-ietf-httpapi-ratelimit-headers, and the quota's name. */
function quotaMembers({ standing: { quota } }: ExceededQuota): JsonObject {
  return {
    type: "https://iana.org/assignments/http-problem-types#quota-exceeded",
    title: "Request cannot be satisfied as assigned quota has been exceeded",
    quota,
    "violated-policies": [quota],
  };
}

/**
 * Members of every error's body: `message` and `error`, equal, for existing callers, and RFC 9457's members except `status`, which
 * a record has already.
 */
export function problemMembers(status: ProblemStatus, message: string, instance: string): JsonObject {
  return { error: message, message, type: "about:blank", title: titles[status], detail: message, instance };
}

/** @param status the HTTP code of a record, which may be a success */
export function isProblemStatus(status: number): status is ProblemStatus {
  return status in titles;
}
