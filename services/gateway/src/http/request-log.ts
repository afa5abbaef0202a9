import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Clock, Logger } from "@outlayer/kit";

/** What is known of a request only where it is handled. */
export interface RequestNote {
  /** The path's pattern, never the path itself. */
  readonly route?: string;
  /** Of the record that it is about. */
  readonly requestId?: string;
}

/** One line a request, once its answer is out or its client gone. Headers, bodies and queries are never logged. */
export class RequestLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #notes = new WeakMap<ServerResponse, RequestNote>();

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  /** Sees every request that the server parses, before it is routed. */
  attach(server: Server): void {
    server.prependListener("request", (request, response) => this.#follow(request, response));
  }

  note(response: ServerResponse, note: RequestNote): void {
    this.#notes.set(response, { ...this.#notes.get(response), ...note });
  }

  #follow(request: IncomingMessage, response: ServerResponse): void {
    const startedMs = this.#clock.now();
    response.once("close", () => {
      const { route = "none", requestId } = this.#notes.get(response) ?? {};
      // 499: the client went before its answer was out.
      const status = response.writableFinished ? response.statusCode : 499;
      const ms = this.#clock.now() - startedMs;
      const method = request.method ?? "";
      this.#logger.info({ method, route, status, ms, ...(requestId === undefined ? {} : { requestId }) }, "request");
    });
  }
}
