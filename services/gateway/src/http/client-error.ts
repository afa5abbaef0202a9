import { portLimits, tooManyConnections } from "@outlayer/kit";
import { Problem, problemBody } from "../core/problem.ts";
import { commonHeaders } from "./reply.ts";
import type { RequestLog } from "./request-log.ts";

/** The answer to bytes that are no request, in the shape of every other error. */
export function refusalOfConnection(
  { code }: Error & { readonly code?: string },
  log: Pick<RequestLog, "refused">,
): string {
  const problem = problemOfConnection(code);
  log.refused(problem.status, code);
  const body = JSON.stringify(problemBody(problem, ""));
  const headers = {
    ...commonHeaders,
    "content-type": "application/problem+json; charset=utf-8",
    "content-length": String(Buffer.byteLength(body)),
    connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${problem.status} ${String(problemBody(problem, "").title)}\r\n${lines.join("")}\r\n${body}`;
}

function problemOfConnection(code: string | undefined): Problem {
  switch (code) {
    case tooManyConnections:
      return new Problem(503, "too many connections are being answered");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new Problem(408, "the request did not arrive in time");
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return new Problem(413, "the extensions of the body's chunks are too long");
    case "HPE_HEADER_OVERFLOW":
      return new Problem(431, `the path and the headers together must be at most ${portLimits.headerBytes} bytes`);
    default:
      return new Problem(400, "the request is not valid HTTP");
  }
}
