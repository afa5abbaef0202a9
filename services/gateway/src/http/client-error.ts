import type { Duplex } from "node:stream";
import { Problem, problemBody } from "../core/problem.ts";
import { limits } from "./limits.ts";
import { commonHeaders } from "./reply.ts";
import type { RequestLog } from "./request-log.ts";

/**
 * Answers what never became a request, in the shape of every other error, and closes the connection: nothing that
 * follows on it can be told apart any more.
 */
export function refuseConnection(
  error: Error & { readonly code?: string },
  socket: Duplex,
  log: Pick<RequestLog, "refused">,
): void {
  // A client that went away is no news.
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = problemOfConnection(error.code);
  log.refused(problem.status, error.code);
  const body = JSON.stringify(problemBody(problem, ""));
  const headers = {
    ...commonHeaders,
    "content-type": "application/problem+json; charset=utf-8",
    "content-length": String(Buffer.byteLength(body)),
    connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${problem.status} ${String(problemBody(problem, "").title)}\r\n${lines.join("")}\r\n${body}`);
}

function problemOfConnection(code: string | undefined): Problem {
  switch (code) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new Problem(408, "the request did not arrive in time");
    case "HPE_HEADER_OVERFLOW":
      return new Problem(431, `the path and the headers together must be at most ${limits.headerBytes} bytes`);
    default:
      return new Problem(400, "the request is not valid HTTP");
  }
}
