import type { IncomingMessage, ServerResponse } from "node:http";
import type { ServerHttp2Session } from "node:http2";
import type { AddressInfo, Server, Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import {
  type ConnectRouter,
  type ContextValues,
  createContextValues,
  createServiceImplSpec,
  type HandlerContext,
  type Interceptor,
} from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { createValidateInterceptor } from "@connectrpc/validate";
import { Health } from "@outlayer/contracts/grpc/health/v1/health";
import { ServerReflection } from "@outlayer/contracts/grpc/reflection/v1/reflection";
import { ServerReflection as ReflectionV1Alpha } from "@outlayer/contracts/grpc/reflection/v1alpha/reflection";
import { BoundedLines } from "../bounded-lines.ts";
import type { BindAddress } from "../config.ts";
import type { Logger } from "../logger.ts";
import { type Metrics, noMetrics, type PrometheusMetrics } from "../metrics.ts";
import { type Ports, sleep, systemPorts } from "../ports.ts";
import type { Readiness } from "../readiness.ts";
import type { ServiceName } from "../service-name.ts";
import { serviceOf, type TlsIdentity } from "../tls.ts";
import { authorizeRequest, type Clients, onService } from "./authorize.ts";
import { type BoundedMethod, boundedRequests, type NodeListener, type NodeRequest } from "./bounded-requests.ts";
import { BoundedSession } from "./bounded-session.ts";
import { accessTo, type BodyLimits, type Callers, limitsForAnybody, methodName } from "./callers.ts";
import { errorInterceptor } from "./errors.ts";
import { withPlainMessages } from "./grpc-message.ts";
import { connectionOf, healthRoutes } from "./health.ts";
import { onlyOwnHost } from "./host.ts";
import { InFlight } from "./in-flight.ts";
import { measured, refusalsCounted } from "./measured.ts";
import { reflectionRoutes } from "./reflection.ts";
import { http1Server, http2Server } from "./servers.ts";
import { certifiedCaller, type Identify, identifyOnPorts } from "./service-auth.ts";
import { startedInterceptor } from "./started.ts";
import { type CallLogFields, traceIn } from "./trace.ts";
import { describeFaults } from "./unread-messages.ts";

/** A service's methods without a listener: the same for its ports and for the in-memory transport. */
export interface RpcRoutes {
  readonly name: string;
  /** Its services, in the order in which reflection lists them. */
  readonly services: readonly DescService[];
  /** Who may call each method, and what it takes. */
  readonly callers: Callers;
  /** How methods for clients authenticate them. Without it they accept nobody. */
  readonly clients?: Clients | undefined;
  /** What log lines of a call say of its request: ids alone, for the rest of a request goes into no log. */
  readonly logFields?: CallLogFields;
  register(router: ConnectRouter): void;
}

export interface RpcGuards {
  readonly logger: Logger;
  /** Measures calls, and is served at `/metrics`. */
  readonly metrics?: PrometheusMetrics | undefined;
  readonly serviceToken: string | undefined;
  /** Turns the h2c port into one of TLS, on which services are known by their certificates. */
  readonly tls?: TlsIdentity | undefined;
  /** Serves reflection as well. */
  readonly reflection?: boolean | undefined;
}

const patterns = new Map<string, RegExp>();

/** Patterns of contracts are classes with counts, which V8's engine matches in linear time, and far faster than an RE2 in JavaScript. */
function regexMatch(pattern: string, against: string): boolean {
  const compiled = patterns.get(pattern) ?? new RegExp(pattern, "u");
  patterns.set(pattern, compiled);
  return compiled.test(against);
}

/** Shared: it compiles each message's rules once, which takes longer than many calls. */
const validate = createValidateInterceptor({ validator: createValidator({ regexMatch }) });

/** What every call passes, on ports and in memory: `authorize` before its message is read, then the interceptors in order. */
export function guardsOf(
  routes: RpcRoutes,
  guards: RpcGuards,
  identify: Identify,
  inFlight = new InFlight(),
  readiness?: Readiness,
  clock = systemPorts().clock,
): {
  readonly authorize: (context: HandlerContext) => Promise<void> | undefined;
  readonly interceptors: Interceptor[];
} {
  const { callers, clients, logFields } = routes;
  const { logger } = guards;
  const metrics: Metrics = guards.metrics ?? noMetrics;
  const refusals = new BoundedLines(clock);
  return {
    authorize: refusalsCounted(metrics, authorizeRequest({ callers, clients, identify, logger, refusals })),
    interceptors: [
      traceIn(logFields),
      measured(metrics, clock),
      inFlight.interceptor,
      errorInterceptor(logger),
      ...(readiness === undefined ? [] : [startedInterceptor(routes.name, readiness)]),
      validate,
    ],
  };
}

/** Registers a service's methods, each with the bounds of its messages. */
function registerBounded(routes: RpcRoutes, router: ConnectRouter): void {
  const bounded: ConnectRouter = {
    handlers: router.handlers,
    service(service, implementation, options) {
      const methods = createServiceImplSpec(service, implementation).methods;
      for (const { method, impl } of Object.values(methods)) bounded.rpc(method, impl as never, options);
      return bounded;
    },
    rpc(method, implementation, options) {
      const limits = limitsOf(routes, method);
      router.rpc(method, implementation, { ...options, ...(limits && { readMaxBytes: limits.messageBytes }) });
      return bounded;
    },
  };
  routes.register(bounded);
}

/** Undefined for a method that accepts nobody: no body of it is ever read. */
export function limitsOf({ callers }: RpcRoutes, method: DescMethod): BodyLimits | undefined {
  return limitsForAnybody(method.parent) ?? accessTo(callers, methodName(method))?.limits;
}

export interface RpcListeners {
  /** h2c, or TLS: gRPC, gRPC-Web and Connect. */
  readonly grpcUrl: string;
  /** HTTP/1.1: gRPC-Web, Connect, `/livez`, `/readyz`, `/metrics`. */
  readonly httpUrl: string;
  /** Calls that are not answered yet, for a shutdown that will not wait for them. */
  left(): readonly string[];
  /** Takes no new calls, waits for those under way, then closes every connection. */
  close(): Promise<void>;
}

/** Time for last answers to reach their callers before the remaining connections are destroyed. */
const flushMs = 1_000;

/** Serves a service on its two ports. Port 0 takes a free one. */
export async function serveRpc(
  routes: RpcRoutes,
  guards: RpcGuards,
  addresses: { readonly grpc: BindAddress; readonly http: BindAddress },
  readiness: Readiness,
  ports: Pick<Ports, "clock" | "timers" | "random"> = systemPorts(),
): Promise<RpcListeners> {
  const { reflection = false, tls } = guards;
  const beside = [Health, ...(reflection ? [ServerReflection, ReflectionV1Alpha] : [])];
  const register = (router: ConnectRouter) => {
    registerBounded(routes, router);
    const names = routes.services.map((service) => service.typeName);
    healthRoutes(router, names, readiness, ports.timers);
    if (reflection) reflectionRoutes(router, [...routes.services, Health, ServerReflection]);
  };
  const inFlight = new InFlight();
  const sessions = new Map<ServerHttp2Session, BoundedSession>();
  const contextValues = (request: NodeRequest) => valuesOf(request, sessions);
  const identify = identifyOnPorts(guards.serviceToken, tls !== undefined);
  const { authorize, interceptors } = guardsOf(routes, guards, identify, inFlight, readiness, ports.clock);
  const requestGate = (context: HandlerContext) => {
    describeFaults(context);
    return authorize(context);
  };
  const options = { requestGate, interceptors, routes: register, contextValues };
  const methods = boundedMethods(routes, [...routes.services, ...beside]);
  const bounded = (listener: NodeListener) => boundedRequests(listener, methods, ports.timers);
  const calls = bounded(withPlainMessages(connectNodeAdapter(options)));
  // Over TLS a page would need the certificate of its own name, so no rebinding is possible.
  const grpc = http2Server(tls, onlyOwnHost(tls === undefined ? addresses.grpc : undefined, calls));
  const probes: NodeListener = (request, response) =>
    probe(request as IncomingMessage, response as ServerResponse, readiness, guards.metrics);
  // Beside TLS, no method is served in the clear.
  const clear = tls === undefined ? connectNodeAdapter({ ...options, fallback: probes }) : probes;
  const { server: http, connections } = http1Server(onlyOwnHost(addresses.http, bounded(clear)), ports.timers);
  grpc.on("session", (session: ServerHttp2Session) => {
    sessions.set(session, new BoundedSession(session, ports));
    session.on("close", () => sessions.delete(session));
  });
  const sockets = new Set<Socket>();
  for (const server of [grpc, http]) {
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    });
  }
  await listen(grpc, addresses.grpc);
  try {
    await listen(http, addresses.http);
  } catch (error) {
    grpc.close();
    throw error;
  }
  return {
    grpcUrl: urlOf(grpc, tls === undefined ? "http" : "https"),
    httpUrl: urlOf(http),
    left: () => inFlight.left,
    async close() {
      const closed = Promise.all([closing(grpc), closing(http)]);
      for (const session of sessions.keys()) session.close();
      connections.closeIdle();
      const done = new AbortController();
      void closed.then(() => done.abort());
      await Promise.race([closed, inFlight.idle()]);
      // The remaining connections are kept open by their clients, idle or with open streams.
      await sleep(ports.timers, flushMs, done.signal);
      for (const session of sessions.keys()) session.destroy();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function boundedMethods(routes: RpcRoutes, services: readonly DescService[]): ReadonlyMap<string, BoundedMethod> {
  const methods = services.flatMap((service) => service.methods);
  return new Map(
    methods.flatMap((method) => {
      const limits = limitsOf(routes, method);
      return limits === undefined ? [] : [[`/${methodName(method)}`, { method, limits }]];
    }),
  );
}

/** By socket: the service that its client certificate names. Cached, since a connection's certificate does not change. */
const certified = new WeakMap<Socket, ServiceName | undefined>();

function valuesOf(request: NodeRequest, sessions: ReadonlyMap<ServerHttp2Session, BoundedSession>): ContextValues {
  const session = "stream" in request ? (request.stream.session as ServerHttp2Session | undefined) : undefined;
  const socket = "stream" in request ? session?.socket : request.socket;
  const values = createContextValues().set(connectionOf, session ?? socket);
  if (session !== undefined) values.set(onService, () => sessions.get(session)?.raise());
  if (!(socket instanceof TLSSocket)) return values;
  if (!certified.has(socket)) {
    const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
    certified.set(socket, certificate === undefined ? undefined : serviceOf(certificate));
  }
  return values.set(certifiedCaller, certified.get(socket));
}

function probe(
  request: IncomingMessage,
  response: ServerResponse,
  readiness: Readiness,
  metrics: PrometheusMetrics | undefined,
): void {
  const answer = (status: number, body: object) => {
    response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
  };
  if (request.url === "/livez") answer(200, { status: "alive" });
  else if (request.url === "/readyz") answer(readiness.ready ? 200 : 503, readiness.report());
  else if (request.url === "/metrics" && metrics !== undefined) {
    metrics.text().then(
      (text) => response.writeHead(200, { "content-type": metrics.contentType }).end(text),
      () => answer(500, { error: "the metrics could not be read" }),
    );
  } else answer(404, { error: "not found" });
}

function listen(server: Server, { host, port }: BindAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function closing(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** `http://host:port` of a listening server. */
export function urlOf(server: Server, scheme = "http"): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `${scheme}://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
