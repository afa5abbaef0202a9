import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2Server, type ServerHttp2Session } from "node:http2";
import type { AddressInfo, Server } from "node:net";
import type { DescService } from "@bufbuild/protobuf";
import type { ConnectRouter, ConnectRouterOptions } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { createValidateInterceptor } from "@connectrpc/validate";
import { Health } from "@outlayer/contracts/grpc/health/v1/health";
import { ServerReflection } from "@outlayer/contracts/grpc/reflection/v1/reflection";
import type { BindAddress } from "../config.ts";
import type { Logger } from "../logger.ts";
import { errorInterceptor } from "./errors.ts";
import { withPlainMessages } from "./grpc-message.ts";
import { healthRoutes, type Readiness } from "./health.ts";
import { reflectionRoutes } from "./reflection.ts";
import { serviceAuthInterceptor } from "./service-auth.ts";

/** What a service answers, without a listener: the same for its ports and for the in-memory transport. */
export interface RpcRoutes {
  readonly name: string;
  /** Its services, in the order in which reflection lists them. */
  readonly services: readonly DescService[];
  /** Those of them that only other services may call. */
  readonly internal: readonly DescService[];
  register(router: ConnectRouter): void;
}

export interface RpcGuards {
  readonly logger: Logger;
  readonly serviceToken: string | undefined;
}

/** The same for every way in: who may call, what is well-formed, what an error looks like outside. */
export function routerOptions(routes: RpcRoutes, guards: RpcGuards): ConnectRouterOptions {
  return {
    interceptors: [
      serviceAuthInterceptor(routes.internal, guards.serviceToken, guards.logger),
      errorInterceptor(guards.logger),
      createValidateInterceptor(),
    ],
    readMaxBytes: 4 * 1024 * 1024,
  };
}

export interface RpcListeners {
  /** h2c: gRPC, gRPC-Web and Connect. */
  readonly grpcUrl: string;
  /** HTTP/1.1: gRPC-Web, Connect, `/healthz`, `/readyz`. */
  readonly httpUrl: string;
  /** Takes no new calls, lets those under way end, then closes every connection. */
  close(): Promise<void>;
}

/** Serves a service on its two ports. Port 0 takes a free one. */
export async function serveRpc(
  routes: RpcRoutes,
  guards: RpcGuards,
  addresses: { readonly grpc: BindAddress; readonly http: BindAddress },
  readiness: Readiness,
): Promise<RpcListeners> {
  const register = (router: ConnectRouter) => {
    routes.register(router);
    healthRoutes(
      router,
      routes.services.map((service) => service.typeName),
      readiness,
    );
    reflectionRoutes(router, [...routes.services, Health, ServerReflection]);
  };
  const options = routerOptions(routes, guards);
  const grpc = createHttp2Server(withPlainMessages(connectNodeAdapter({ ...options, routes: register })));
  const http = createHttpServer(
    connectNodeAdapter({
      ...options,
      routes: register,
      fallback: (request, response) => probe(request as IncomingMessage, response as ServerResponse, readiness),
    }),
  );
  const sessions = new Set<ServerHttp2Session>();
  grpc.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
  });
  await listen(grpc, addresses.grpc);
  try {
    await listen(http, addresses.http);
  } catch (error) {
    grpc.close();
    throw error;
  }
  return {
    grpcUrl: urlOf(grpc),
    httpUrl: urlOf(http),
    async close() {
      const closed = [closing(grpc), closing(http)];
      for (const session of sessions) session.close();
      http.closeIdleConnections();
      await Promise.all(closed);
    },
  };
}

function probe(request: IncomingMessage, response: ServerResponse, readiness: Readiness): void {
  const answer = (status: number, body: object) => {
    response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
  };
  const ready = readiness.ready;
  if (request.url === "/healthz") answer(200, { status: "alive" });
  else if (request.url === "/readyz")
    answer(ready ? 200 : 503, ready ? { status: "ready" } : { reasons: readiness.reasons });
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
export function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
