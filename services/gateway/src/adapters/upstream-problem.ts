import { Code, ConnectError } from "@connectrpc/connect";
import { exceededQuotaOf } from "@outlayer/access";
import { ErrorInfoSchema } from "@outlayer/contracts/google/rpc/error_details";
import { internalError, Problem, type ProblemStatus } from "../core/problem.ts";

/**
 * REST status by gRPC code. A code that is missing here is an upstream's fault and leaves as "internal error". Messages of these
 * codes are meant for the caller: kit lets no others out of a service.
 */
export const problemStatusOf: ReadonlyMap<Code, ProblemStatus> = new Map<Code, ProblemStatus>([
  [Code.InvalidArgument, 400],
  [Code.Unauthenticated, 401],
  [Code.NotFound, 404],
  [Code.AlreadyExists, 409],
  [Code.ResourceExhausted, 413],
  [Code.Unavailable, 503],
  [Code.DeadlineExceeded, 503],
]);

/** Denials that are meant for the caller. Others are of services that may not call one another: our fault. */
const denials = ["NOT_FOR_SESSIONS", "NOT_A_SESSION"];

/** @param lost the message for a caller whose request got no answer from the upstream */
export function problemOfUpstream(error: unknown, lost: string): Problem {
  const upstream = ConnectError.from(error);
  // An error that the upstream did not send can name hosts: it goes to the log only.
  if (!upstream.isWireError)
    return gotNoAnswer(upstream) ? new Problem(503, lost, { cause: error }) : internalError(error);
  const exceeded = exceededQuotaOf(upstream);
  if (exceeded !== undefined) return new Problem(429, upstream.rawMessage, { exceeded });
  const [info] = upstream.findDetails(ErrorInfoSchema);
  const status = info !== undefined && denials.includes(info.reason) ? 403 : problemStatusOf.get(upstream.code);
  if (status === undefined) return internalError(error);
  return new Problem(status, upstream.rawMessage || lost, { requestId: info?.metadata.request_id, cause: error });
}

/** Whether the upstream could not be reached, broke off, or was too slow. */
function gotNoAnswer({ code, cause }: ConnectError): boolean {
  switch (code) {
    case Code.Unavailable:
    case Code.DeadlineExceeded:
    case Code.Aborted:
    case Code.Canceled:
      return true;
    default:
      // Node's connection errors have a code; our own bugs do not.
      return cause instanceof Error && "code" in cause;
  }
}
