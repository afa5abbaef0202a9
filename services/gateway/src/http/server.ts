import { once } from "node:events";
import { type IncomingMessage, METHODS } from "node:http";
import type { WalletCaller, WalletSlot, WalletSlots } from "@outlayer/access";
import {
  type BindAddress,
  type Clock,
  type Headerlike,
  type Http1,
  http1Server,
  isForHost,
  type Logger,
  type Metrics,
  noteInContext,
  portLimits,
  type Random,
  type Timers,
  urlOf,
} from "@outlayer/kit";
import { type FastifyReply, type FastifyRequest, fastify } from "fastify";
import type { Endpoint } from "../core/endpoint.ts";
import { Problem } from "../core/problem.ts";
import { asksToWait } from "../core/wait.ts";
import { refusalOfConnection } from "./client-error.ts";
import { Cors } from "./cors.ts";
import { writeEvents } from "./event-stream.ts";
import { limits } from "./limits.ts";
import { problemOfError } from "./problem-of-error.ts";
import { answerOfProblem, requestIdOf, type SendableAnswer, sendAnswer } from "./reply.ts";
import { RequestLog } from "./request-log.ts";
import { checkBodyHeaders, credentialsOf, header, pathOf, queryOf, restRequest } from "./rest-request.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Undefined before authentication, and on endpoints without. */
    caller: WalletCaller | undefined;
  }
}

/** Given, since making a reason costs more than many a call. */
const clientGone = new Error("the client has gone");

export interface RestServerDeps {
  readonly endpoints: readonly Endpoint[];
  /** @throws Refusal Unauthenticated */
  readonly authenticate: (credentials: Headerlike) => WalletCaller | Promise<WalletCaller>;
  /** Limits what each wallet may hold at once. */
  readonly slots: WalletSlots;
  readonly maxConnections: number;
  /** Origins whose pages may call; exact. */
  readonly corsOrigins: readonly string[];
  /** Aborted when the gateway stops. */
  readonly stopping: AbortSignal;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}

/** The REST listener. */
export interface RestServer {
  listen(bind: BindAddress): Promise<void>;
  /** `http://host:port`, once it listens. */
  url(): string;
  /** Takes no new connections, waits a while for requests in flight, then closes every connection. */
  close(): Promise<void>;
}

/**
 * HTTP around the endpoints. A request is checked in this order: host (421), path (404), a browser's preflight (204), method (405), credentials (401), the
 * wallet's slots (429), the body's type (415) and size (413), and then by its endpoint.
 */
export function createRestServer(deps: RestServerDeps): RestServer {
  const { endpoints, slots, stopping, logger, metrics, clock, timers, random } = deps;
  const log = new RequestLog(logger, metrics, clock, random);
  let http: Http1 | undefined;
  const app = fastify({
    logger: false,
    return503OnClosing: false,
    bodyLimit: limits.bodyBytes,
    // The header limit bounds paths already, and an id that is too long is answered like an unknown one.
    routerOptions: { maxParamLength: portLimits.headerBytes },
    frameworkErrors: (error, request, reply) => fail(error, request, reply),
    serverFactory: (handle) => {
      const bounds = { ...portLimits, connections: deps.maxConnections };
      http = http1Server(handle, timers, (error) => refusalOfConnection(error, log), bounds);
      return http.server;
    },
    // kit's `http1Server` answers client errors, after the answers to earlier requests.
    clientErrorHandler: () => {},
  });
  let bound: BindAddress | undefined;
  log.attach(app.server);
  app.decorateRequest("caller", undefined);
  // Bodies stay bytes: the planner parses the unchanged text.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  for (const method of METHODS) {
    if (!app.supportedMethods.includes(method) && method !== "CONNECT") app.addHttpMethod(method);
  }

  app.addHook("onRequest", async (request, reply) => {
    if (bound !== undefined && !isForHost(bound, request.headers.host)) throw new Problem(421, "this is another host");
    log.note(reply.raw, { route: request.routeOptions.url ?? "none" });
    // Fastify's own handler for this runs only after the body was read.
    if (request.is404) throw new Problem(404, `there is nothing at ${pathOf(request.url)}`);
    return cors.admit(request, reply);
  });
  const paths = new Set(endpoints.map((endpoint) => endpoint.path));
  const cors = new Cors(deps.corsOrigins, new Map([...paths].map((path) => [path, methodsAt(path).join(", ")])));
  app.setErrorHandler((error, request, reply) => fail(error, request, reply));
  for (const endpoint of endpoints) route(endpoint);
  for (const path of paths) refuseOtherMethods(path);

  function methodsAt(path: string): string[] {
    return endpoints.filter((endpoint) => endpoint.path === path).flatMap(methodsOf);
  }

  function route(endpoint: Endpoint): void {
    app.route({
      method: methodsOf(endpoint),
      url: endpoint.path,
      exposeHeadRoute: false,
      bodyLimit: endpoint.access === "wallet" ? limits.bodyBytes : limits.strangersBodyBytes,
      async onRequest(request, reply) {
        const { raw, url } = request;
        if (endpoint.access === "wallet") {
          const proven = log.within(reply.raw, () => deps.authenticate(credentialsOf(raw)));
          const caller = proven instanceof Promise ? await proven : proven;
          request.caller = caller;
          for (const slot of slotsOf(endpoint, raw, url)) {
            // The slot is held until the answer is out or the client gone.
            reply.raw.once("close", slots.take(caller.walletId, slot));
          }
        }
        if (endpoint.method === "POST") checkBodyHeaders(raw);
      },
      handler: (request, reply) => log.within(reply.raw, () => answer(endpoint, request, reply)),
    });
  }

  async function answer(endpoint: Endpoint, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const gone = new AbortController();
    // Once the answer is out nobody listens any more.
    reply.raw.once("close", () => {
      if (!reply.raw.writableFinished) gone.abort(clientGone);
    });
    const answered = await endpoint.handle(restRequest(request, reply, request.caller, gone.signal));
    const requestId = requestIdOf(answered);
    if (requestId !== undefined) noteInContext({ request_id: requestId });
    if (answered.kind !== "events") return send(reply, answered);
    reply.hijack();
    await writeEvents(reply.raw, answered.frames, timers, gone.signal);
    return reply;
  }

  function refuseOtherMethods(path: string): void {
    const allowed = methodsAt(path);
    const allow = allowed.join(", ");
    app.route({
      method: app.supportedMethods.filter((method) => !allowed.includes(method)),
      url: path,
      async onRequest({ method }) {
        throw new Problem(405, `${method} is not allowed here: use ${allow}`, { headers: { allow } });
      },
      handler: () => undefined,
    });
  }

  function fail(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const problem = problemOfError(error, request.routeOptions?.bodyLimit ?? limits.bodyBytes);
    const { requestId } = problem;
    log.within(reply.raw, () => {
      if (requestId !== undefined) noteInContext({ request_id: requestId });
      // Calls for a client that has gone fail, which is no fault.
      if (!reply.raw.destroyed) logProblem(problem, request);
    });
    send(reply, answerOfProblem(problem, pathOf(request.url)));
  }

  function send(reply: FastifyReply, answer: SendableAnswer): FastifyReply {
    if (stopping.aborted) reply.header("connection", "close");
    return sendAnswer(reply, answer);
  }

  function logProblem({ status, message, cause }: Problem, request: FastifyRequest): void {
    const route = request.routeOptions?.url ?? "none";
    if (status === 500) logger.error({ err: cause, route }, "request failed");
    else if (status === 503 && cause !== undefined) logger.warn({ err: cause, route }, message);
  }

  return {
    async listen(bind) {
      bound = bind;
      const { host, port } = bind;
      await app.ready();
      // Fastify's own `listen` would open a second server on `localhost` that the request log does not see.
      app.server.listen(port, host);
      await once(app.server, "listening");
    },
    url: () => urlOf(app.server),
    async close() {
      const cancel = timers.after(limits.graceMs, () => app.server.closeAllConnections());
      const closed = new Promise<void>((resolve) => app.server.close(() => resolve()));
      http?.connections.closeIdle();
      try {
        await app.close();
        await closed;
      } finally {
        cancel();
      }
    },
  };
}

/** The wallet's slots that a request takes. */
function slotsOf(endpoint: Endpoint, raw: IncomingMessage, url: string): readonly WalletSlot[] {
  if (endpoint.endless) return ["event_streams"];
  const waits = asksToWait(endpoint.method, queryOf(url), header(raw, "prefer"));
  return waits ? ["requests_in_flight", "long_polls"] : ["requests_in_flight"];
}

/** A GET also serves HEAD, unless its answer is endless. */
function methodsOf({ method, endless }: Endpoint): string[] {
  return method === "GET" && !endless ? ["GET", "HEAD"] : [method];
}
