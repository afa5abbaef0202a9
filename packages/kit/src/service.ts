import { type BindAddress, bindAddress, type ConfigReader, flag, httpUrl, isLoopback, oneOf, text } from "./config.ts";
import type { Watch } from "./dependency-watch.ts";
import { type LogLevel, logLevels } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import { type Dependency, Readiness } from "./readiness.ts";
import { configFilesOk } from "./reread.ts";
import { type RpcGuards, type RpcListeners, type RpcRoutes, serveRpc } from "./rpc/serve.ts";
import { readServiceToken } from "./secrets.ts";
import type { ServiceName } from "./service-name.ts";
import { readTlsPaths, type TlsPaths } from "./tls.ts";

/** A service without its listeners: its methods, and its background work. */
export interface Service {
  readonly routes: RpcRoutes;
  /**
   * Starts the background work. Resolves once requests can be taken: until then they are refused as Unavailable.
   * @param stopping aborted when the process is told to stop meanwhile; then it resolves as well, and `stop` follows
   */
  start(stopping?: AbortSignal): Promise<void>;
  /** Takes no new work, and finishes or hands back the work in flight. */
  stop(): Promise<void>;
  /** Frees what unanswered calls may need, once the listeners are closed. */
  close?(): Promise<void>;
  /** States of its dependencies beside the other services; for `/readyz`. */
  dependencies?(): readonly Dependency[];
  /** Probes of these dependencies, which run for as long as the service is hosted. */
  readonly watches?: readonly Watch[];
}

/** Configuration that every service reads. */
export interface CommonConfig {
  readonly grpcBind: BindAddress;
  readonly httpBind: BindAddress;
  /** Proves to other services that a service calls. */
  readonly serviceToken: string | undefined;
  /** Set where services use mutual TLS. */
  readonly tls: TlsPaths | undefined;
  /** Whether the ports serve reflection to anybody. */
  readonly reflection: boolean;
  readonly logLevel: LogLevel;
}

/** Ports of each service where `GRPC_BIND_ADDR` and `HTTP_BIND_ADDR` are not set. */
export const defaultPorts = {
  gateway: { grpc: 9000, http: 9100 },
  planner: { grpc: 9001, http: 9101 },
  "signer-proxy": { grpc: 9002, http: 9102 },
  broadcaster: { grpc: 9003, http: 9103 },
  evidence: { grpc: 9004, http: 9104 },
} as const satisfies Record<ServiceName, { grpc: number; http: number }>;

/** @param otherBinds further listeners of the service, which also require a service token off loopback */
export function readCommonConfig(
  reader: ConfigReader,
  name: ServiceName,
  otherBinds: readonly BindAddress[] = [],
): CommonConfig {
  const { grpc, http } = defaultPorts[name];
  const config: CommonConfig = {
    grpcBind: reader.optional("GRPC_BIND_ADDR", bindAddress, { host: "127.0.0.1", port: grpc }),
    httpBind: reader.optional("HTTP_BIND_ADDR", bindAddress, { host: "127.0.0.1", port: http }),
    serviceToken: readServiceToken(reader),
    tls: readTlsPaths(reader, name),
    reflection: readReflection(reader),
    logLevel: reader.optional("LOG_LEVEL", oneOf(...logLevels), "info"),
  };
  const binds = [config.grpcBind, config.httpBind, ...otherBinds].filter((bind) => bind !== undefined);
  if (config.serviceToken === undefined && config.tls === undefined && !binds.every(isLoopback)) {
    reader.problem(
      "SERVICE_TOKEN (or SERVICE_TOKEN_FILE) is required unless every listener is on loopback or mutual TLS is on",
    );
  }
  return config;
}

/** `GRPC_REFLECTION`. */
export function readReflection(reader: ConfigReader): boolean {
  return reader.optional("GRPC_REFLECTION", flag, false);
}

/** URL of another service, e.g. `EVIDENCE_URL`, for a service that runs on its own. */
export function readServiceUrl(reader: ConfigReader, variable: string): string {
  const url = reader.required(variable, httpUrl);
  const isMutual = reader.optional("TLS_CERT_FILE", text, undefined) !== undefined;
  // Over plain HTTP callers could not be identified.
  if (isMutual && url?.startsWith("http:")) reader.problem(`${variable} must be an https URL where mutual TLS is on`);
  return url;
}

/** A service with its listeners. */
export interface HostedService {
  readonly name: string;
  readonly listeners: RpcListeners;
  stop(): Promise<void>;
  /** Work that still keeps it from stopping, for a shutdown that will not wait. */
  left(): readonly string[];
}

/** Shows what `/readyz` says, whenever somebody asks. */
function showReadiness(metrics: Metrics, name: string, readiness: Readiness): void {
  const labels = { service_name: name };
  metrics.gauge({ name: "service_ready", help: "1 while /readyz says ready.", labels: ["service_name"] }, () => [
    { labels, value: Number(readiness.ready) },
  ]);
  const help = "1 while a dependency is ok in /readyz, and 0 while it is slow, away or unknown.";
  metrics.gauge({ name: "service_dependency_ok", help, labels: ["service_name", "dependency"] }, () =>
    readiness.dependencies.map(({ name: dependency, state }) => ({
      labels: { ...labels, dependency },
      value: Number(state === "ok"),
    })),
  );
  // Told by every service, whether or not it has such files.
  metrics.gauge(configFilesOk, () => []);
}

/**
 * Puts a service on its ports. It stops in the order that loses least: not ready, no new work, finish what is in flight, close
 * listeners, free what calls needed.
 * @param stopping aborted when it is to stop though it has not started: it resolves then, for `stop` to be called
 */
export async function hostService(
  service: Service,
  binds: { readonly grpcBind: BindAddress; readonly httpBind: BindAddress },
  guards: RpcGuards,
  readiness = new Readiness(),
  stopping?: AbortSignal,
): Promise<HostedService> {
  const { logger } = guards;
  readiness.watch(() => service.dependencies?.() ?? []);
  if (guards.metrics !== undefined) showReadiness(guards.metrics, service.routes.name, readiness);
  const listeners = await serveRpc(service.routes, guards, { grpc: binds.grpcBind, http: binds.httpBind }, readiness);
  try {
    await service.start(stopping);
  } catch (error) {
    await listeners.close();
    await service.close?.();
    throw error;
  }
  if (!stopping?.aborted) {
    readiness.start();
    logger.info({ grpc: listeners.grpcUrl, http: listeners.httpUrl }, "ready");
    for (const watch of service.watches ?? []) watch.start();
  }
  let phase = "";
  return {
    name: service.routes.name,
    listeners,
    left: () => [phase, ...listeners.left()].filter((what) => what !== ""),
    async stop() {
      readiness.stop();
      phase = "the work beside the calls";
      await Promise.all([service.stop(), ...(service.watches ?? []).map((watch) => watch.stop())]);
      phase = "calls and connections";
      await listeners.close();
      phase = "what the calls needed";
      await service.close?.();
      phase = "";
      logger.info("stopped");
    },
  };
}
