import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from "node:http";

export interface HttpRequest {
  /** With host and port. */
  readonly url: string;
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Uint8Array | undefined;
  /** From when it has a connection: until then it waits for others of its client, and nobody keeps it waiting. */
  readonly timeoutMs?: number;
}

export interface HttpAnswer {
  /** Undefined where there was none: then `lost` says why. */
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** `reset`, `closed`, `timeout`. */
  readonly lost?: string;
}

/** Bytes of an answer that are kept; what comes after is read and dropped. */
const keptBytes = 1024 * 1024;

/**
 * Connections that are kept open between requests, as a load balancer keeps them: given up before the server does it, which could
 * cross with a request.
 */
export function newAgent(): Agent {
  return new Agent({ keepAlive: true, maxSockets: 32, timeout: 60_000 });
}

/** Makes a request; whatever becomes of it is an answer. */
export function send(agent: Agent, given: HttpRequest): Promise<HttpAnswer> {
  const { url, method = "GET", headers = {}, body, timeoutMs = 30_000 } = given;
  return new Promise((resolve) => {
    let isOver = false;
    let timer: NodeJS.Timeout | undefined;
    const end = (answer: HttpAnswer) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      resolve(answer);
    };
    const lost = (reason: string) => end({ status: undefined, headers: {}, text: "", lost: reason });
    const { hostname, port, pathname, search } = new URL(url);
    const outgoing = request({ agent, hostname, port, path: pathname + search, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= keptBytes) chunks.push(chunk);
      });
      const answer = () => {
        const { statusCode: status, headers } = response;
        end({ status, headers, text: Buffer.concat(chunks).toString() });
      };
      response.on("end", answer).on("error", answer).on("close", answer);
    });
    outgoing.once("socket", () => {
      if (isOver) return;
      timer = setTimeout(() => {
        lost("timeout");
        outgoing.destroy();
      }, timeoutMs);
    });
    outgoing.on("error", (error: NodeJS.ErrnoException) => lost(lossOf(error)));
    outgoing.on("close", () => lost("closed"));
    // Whoever refuses a body early answers before all of it was sent.
    outgoing.end(body);
  });
}

/** What a broken connection is counted as. */
export function lossOf(error: NodeJS.ErrnoException): string {
  if (error.code === "ECONNRESET" || error.code === "EPIPE") return "reset";
  return error.code === "ECONNREFUSED" ? "refused" : "closed";
}
