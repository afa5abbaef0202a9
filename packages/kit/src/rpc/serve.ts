import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import {
  createServer as createHttp2Server,
  createSecureServer,
  type Http2SecureServer,
  type Http2Server,
  type ServerHttp2Session,
} from "node:http2";
import type { AddressInfo, Server, Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { DescService } from "@bufbuild/protobuf";
import { type ConnectRouter, type ConnectRouterOptions, createContextValues } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { createValidateInterceptor } from "@connectrpc/validate";
import { Health } from "@outlayer/contracts/grpc/health/v1/health";
import { ServerReflection } from "@outlayer/contracts/grpc/reflection/v1/reflection";
import type { BindAddress } from "../config.ts";
import type { Logger } from "../logger.ts";
import { type Ports, sleep, systemPorts } from "../ports.ts";
import type { Readiness } from "../readiness.ts";
import type { ServiceName } from "../service-name.ts";
import { serviceOf, type TlsIdentity } from "../tls.ts";
import type { Callers } from "./callers.ts";
import { Connections } from "./connections.ts";
import { errorInterceptor } from "./errors.ts";
import { withPlainMessages } from "./grpc-message.ts";
import { healthRoutes } from "./health.ts";
import { InFlight } from "./in-flight.ts";
import { reflectionRoutes } from "./reflection.ts";
import { callerInterceptor, certifiedCaller, type Identify, identifyOnPorts } from "./service-auth.ts";
import { startedInterceptor } from "./started.ts";
import { traceIn } from "./trace.ts";

/** What a service answers, without a listener: the same for its ports and for the in-memory transport. */
export interface RpcRoutes {
  readonly name: string;
  /** Its services, in the order in which reflection lists them. */
  readonly services: readonly DescService[];
  /** Who may call each of their methods. */
  readonly callers: Callers;
  register(router: ConnectRouter): void;
}

export interface RpcGuards {
  readonly logger: Logger;
  readonly serviceToken: string | undefined;
  /** Turns the h2c port into one of TLS, on which services are known by their certificates. */
  readonly tls?: TlsIdentity | undefined;
}

/** One for all: it compiles each message's rules once, which takes longer than many calls. */
const validate = createValidateInterceptor();

/** The same for every way in: who may call, what is well-formed, what an error looks like outside. */
export function routerOptions(
  routes: RpcRoutes,
  { logger }: RpcGuards,
  identify: Identify,
  inFlight = new InFlight(),
  readiness?: Readiness,
): ConnectRouterOptions {
  return {
    interceptors: [
      traceIn,
      inFlight.interceptor,
      callerInterceptor(routes.callers, identify, logger),
      errorInterceptor(logger),
      ...(readiness === undefined ? [] : [startedInterceptor(routes.name, readiness)]),
      validate,
    ],
    readMaxBytes: 4 * 1024 * 1024,
  };
}

export interface RpcListeners {
  /** h2c, or TLS: gRPC, gRPC-Web and Connect. */
  readonly grpcUrl: string;
  /** HTTP/1.1: gRPC-Web, Connect, `/livez`, `/readyz`. */
  readonly httpUrl: string;
  /** Calls that are being answered, for whoever will not wait for them. */
  left(): readonly string[];
  /** Takes no new calls, lets those under way end, then closes every connection. */
  close(): Promise<void>;
}

/** For what was answered to reach its callers, before connections are closed that do not close by themselves. */
const flushMs = 1_000;

/** Serves a service on its two ports. Port 0 takes a free one. */
export async function serveRpc(
  routes: RpcRoutes,
  guards: RpcGuards,
  addresses: { readonly grpc: BindAddress; readonly http: BindAddress },
  readiness: Readiness,
  { timers }: Pick<Ports, "timers"> = systemPorts(),
): Promise<RpcListeners> {
  const register = (router: ConnectRouter) => {
    routes.register(router);
    const names = routes.services.map((service) => service.typeName);
    healthRoutes(router, names, readiness, timers);
    reflectionRoutes(router, [...routes.services, Health, ServerReflection]);
  };
  const inFlight = new InFlight();
  const identify = identifyOnPorts(guards.serviceToken, guards.tls !== undefined);
  const options = { ...routerOptions(routes, guards, identify, inFlight, readiness), routes: register, contextValues };
  const grpc = http2Server(guards.tls, withPlainMessages(connectNodeAdapter(options)));
  const fallback = (request: NodeServerRequest, response: unknown) =>
    probe(request as IncomingMessage, response as ServerResponse, readiness);
  const http = createHttpServer(connectNodeAdapter({ ...options, fallback }));
  const connections = new Connections();
  connections.attach(http);
  const sessions = new Set<ServerHttp2Session>();
  grpc.on("session", (session: ServerHttp2Session) => {
    sessions.add(session);
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
    grpcUrl: urlOf(grpc, guards.tls === undefined ? "http" : "https"),
    httpUrl: urlOf(http),
    left: () => inFlight.left,
    async close() {
      const closed = Promise.all([closing(grpc), closing(http)]);
      for (const session of sessions) session.close();
      connections.closeIdle();
      const done = new AbortController();
      void closed.then(() => done.abort());
      await Promise.race([closed, inFlight.idle()]);
      // What is left now are connections that answer nobody: those of other people's keepalives and open streams.
      await sleep(timers, flushMs, done.signal);
      for (const session of sessions) session.destroy();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function http2Server(
  tls: TlsIdentity | undefined,
  handler: ReturnType<typeof withPlainMessages>,
): Http2Server | Http2SecureServer {
  if (tls === undefined) return createHttp2Server(handler);
  // Whoever has no certificate may call the public methods; services without a valid one are nobody.
  const client = { requestCert: true, rejectUnauthorized: false };
  const server = createSecureServer({ ...tls.current, ...client, ALPNProtocols: ["h2"] }, handler);
  tls.onChange((files) => server.setSecureContext(files));
  return server;
}

type NodeServerRequest = Parameters<ReturnType<typeof connectNodeAdapter>>[0];

/** The caller that a connection's certificate names; read once a connection. */
const certified = new WeakMap<Socket, ServiceName | undefined>();

function contextValues(request: NodeServerRequest) {
  const socket = "stream" in request ? request.stream.session?.socket : request.socket;
  if (!(socket instanceof TLSSocket)) return createContextValues();
  if (!certified.has(socket)) {
    const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
    certified.set(socket, certificate === undefined ? undefined : serviceOf(certificate));
  }
  return createContextValues().set(certifiedCaller, certified.get(socket));
}

function probe(request: IncomingMessage, response: ServerResponse, readiness: Readiness): void {
  const answer = (status: number, body: object) => {
    response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
  };
  if (request.url === "/livez") answer(200, { status: "alive" });
  else if (request.url === "/readyz") answer(readiness.ready ? 200 : 503, readiness.report());
  else answer(404, { error: "not found" });
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
