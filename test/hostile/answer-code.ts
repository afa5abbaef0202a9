/** Codes of gRPC that say that a service failed, as 500 and 502 do: `UNKNOWN`, `INTERNAL`, `DATA_LOSS`. */
const failures: ReadonlySet<string> = new Set(["2", "13", "15"]);
const unavailable = "14";

/** What an answer of HTTP is counted as. */
export function httpCode(status: number): string {
  return String(status);
}

/** What an answer of gRPC is counted as. */
export function grpcCode(status: string): string {
  return `grpc ${status}`;
}

/** Whether an answer of HTTP is a failure of the service: a 503 that says when to come again is none. */
export function isHttpFailure(status: number, retryAfter: string | undefined): boolean {
  return status >= 500 && !(status === 503 && retryAfter !== undefined && /^\d+$/.test(retryAfter));
}

/** The same for gRPC: an UNAVAILABLE says when to come again in its details. */
export function isGrpcFailure(status: string, hasDetails: boolean): boolean {
  return failures.has(status) || (status === unavailable && !hasDetails);
}
