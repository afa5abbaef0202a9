import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { type CallContext, type Clock, contextOf, inContext, type Logger, type Random } from "@outlayer/kit";

/** What is known of a request only where it is handled. */
export interface RequestNote {
  /** The path's pattern, never the path itself. */
  readonly route: string;
}

/** One line a request, once its answer is out or its client gone. Headers, bodies and queries are never logged. */
export class RequestLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #notes = new WeakMap<ServerResponse, RequestNote>();
  readonly #contexts = new WeakMap<ServerResponse, CallContext>();

  constructor(logger: Logger, clock: Clock, random: Random) {
    this.#logger = logger;
    this.#clock = clock;
    this.#random = random;
  }

  /** Sees every request that the server parses, before it is routed. */
  attach(server: Server): void {
    server.prependListener("request", (request, response) => this.#follow(request, response));
  }

  note(response: ServerResponse, note: RequestNote): void {
    this.#notes.set(response, note);
  }

  /** Runs something as part of the request's work, whose trace and record every log line names. */
  within<T>(response: ServerResponse, run: () => T): T {
    const context = this.#contexts.get(response);
    return context === undefined ? run() : inContext(context, run);
  }

  #follow(request: IncomingMessage, response: ServerResponse): void {
    const startedMs = this.#clock.now();
    const { traceparent } = request.headers;
    const headers = new Headers(typeof traceparent === "string" ? { traceparent } : {});
    this.#contexts.set(response, contextOf(headers, this.#random));
    response.once("close", () => {
      const { route } = this.#notes.get(response) ?? { route: "none" };
      // 499: the client went before its answer was out.
      const status = response.writableFinished ? response.statusCode : 499;
      const ms = this.#clock.now() - startedMs;
      const method = request.method ?? "";
      this.within(response, () => this.#logger.info({ method, route, status, ms }, "request"));
    });
  }
}
