import type { IncomingMessage, Server, ServerResponse } from "node:http";
import {
  BoundedLines,
  type CallContext,
  type Clock,
  contextOf,
  inContext,
  type Labels,
  type Logger,
  type Metrics,
  type Random,
} from "@outlayer/kit";

/** What REST serves; other methods, of which a stranger can send dozens, are measured as one. */
const served: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "DELETE", "OPTIONS"]);

/** Facts about a request that are known only after routing. */
export interface RequestNote {
  /** The path's pattern, never the path itself. */
  readonly route: string;
}

/** A request while it is followed. */
interface Followed {
  readonly context: CallContext;
  route: string;
}

/**
 * Measures each request and logs a line of it, once its answer is out or its client gone. Lines of requests without a known
 * wallet are bounded by status, since anybody can cause them. Headers, bodies and queries are never logged.
 */
export class RequestLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #followed = new WeakMap<ServerResponse, Followed>();
  readonly #ofStrangers: BoundedLines;
  readonly #observe: (seconds: number, labels: Labels) => void;

  constructor(logger: Logger, metrics: Metrics, clock: Clock, random: Random) {
    this.#logger = logger;
    this.#clock = clock;
    this.#ofStrangers = new BoundedLines(clock);
    this.#random = random;
    this.#observe = metrics.histogram({
      name: "http_server_request_duration_seconds",
      help: "REST requests, until the answer was out or the client gone.",
      labels: ["http_request_method", "http_route", "http_response_status_code"],
    });
  }

  /** Sees every request that the server parses, before it is routed. */
  attach(server: Server): void {
    server.prependListener("request", (request, response) => this.#follow(request, response));
  }

  note(response: ServerResponse, note: RequestNote): void {
    const followed = this.#followed.get(response);
    if (followed !== undefined) followed.route = note.route;
  }

  /** Runs a function in the request's context, so that its log lines name trace and record. */
  within<T>(response: ServerResponse, run: () => T): T {
    const followed = this.#followed.get(response);
    return followed === undefined ? run() : inContext(followed.context, run);
  }

  /** Logs bytes that never became a request. @param code Node's error code */
  refused(status: number, code: string | undefined): void {
    this.#stranger(status, { method: "none", route: "none", status, code });
  }

  #stranger(status: number, line: object): void {
    this.#ofStrangers.write(String(status), (fields) => this.#logger.info({ ...line, ...fields }, "request"));
  }

  #follow(request: IncomingMessage, response: ServerResponse): void {
    const startedMs = this.#clock.now();
    const { traceparent } = request.headers;
    const headers = { get: () => (typeof traceparent === "string" ? traceparent : null) };
    const followed: Followed = { context: contextOf(headers, this.#random), route: "none" };
    this.#followed.set(response, followed);
    response.once("close", () => {
      const { context, route } = followed;
      // 499: the client went before its answer was out.
      const status = response.writableFinished ? response.statusCode : 499;
      const ms = this.#clock.now() - startedMs;
      const line = { method: request.method ?? "", route, status, ms };
      this.#observe(ms / 1000, {
        http_request_method: served.has(line.method) ? line.method : "_OTHER",
        http_route: route,
        http_response_status_code: String(status),
      });
      const ofWallet = context.fields.wallet_id !== undefined;
      inContext(context, () => (ofWallet ? this.#logger.info(line, "request") : this.#stranger(status, line)));
    });
  }
}
