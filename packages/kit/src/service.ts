import { type BindAddress, bindAddress, type ConfigReader, httpUrl, isLoopback, oneOf, text } from "./config.ts";
import { type Logger, type LogLevel, logLevels } from "./logger.ts";
import { Readiness } from "./rpc/health.ts";
import { type RpcListeners, type RpcRoutes, serveRpc } from "./rpc/serve.ts";

/** A service without its listeners: what it answers, and what runs beside that. */
export interface Service {
  readonly routes: RpcRoutes;
  /** Starts what runs beside the calls. Resolves once requests can be taken. */
  start(): Promise<void>;
  /** Takes no new work, and finishes or hands back what is in flight. */
  stop(): Promise<void>;
  /** Frees what calls still under way may need, once the listeners are closed. */
  close?(): Promise<void>;
}

/** What every service reads. */
export interface CommonConfig {
  readonly grpcBind: BindAddress;
  readonly httpBind: BindAddress;
  /** Proves to other services that a service calls. */
  readonly serviceToken: string | undefined;
  readonly logLevel: LogLevel;
}

/** Ports of each service where `GRPC_BIND_ADDR` and `HTTP_BIND_ADDR` say nothing. */
export const defaultPorts = {
  gateway: { grpc: 9000, http: 9100 },
  planner: { grpc: 9001, http: 9101 },
  "signer-proxy": { grpc: 9002, http: 9102 },
  broadcaster: { grpc: 9003, http: 9103 },
  evidence: { grpc: 9004, http: 9104 },
} as const;

export type ServiceName = keyof typeof defaultPorts;

/** @param otherBinds further listeners of the service, which the rule about the service token counts as well */
export function readCommonConfig(
  reader: ConfigReader,
  name: ServiceName,
  otherBinds: readonly BindAddress[] = [],
): CommonConfig {
  const { grpc, http } = defaultPorts[name];
  const config: CommonConfig = {
    grpcBind: reader.optional("GRPC_BIND_ADDR", bindAddress, { host: "127.0.0.1", port: grpc }),
    httpBind: reader.optional("HTTP_BIND_ADDR", bindAddress, { host: "127.0.0.1", port: http }),
    serviceToken: reader.optionalSecret("SERVICE_TOKEN", text, undefined),
    logLevel: reader.optional("LOG_LEVEL", oneOf(...logLevels), "info"),
  };
  const binds = [config.grpcBind, config.httpBind, ...otherBinds].filter((bind) => bind !== undefined);
  if (config.serviceToken === undefined && !binds.every(isLoopback)) {
    reader.problem("SERVICE_TOKEN (or SERVICE_TOKEN_FILE) is required unless every listener is on loopback");
  }
  return config;
}

/** URL of another service, e.g. `EVIDENCE_URL`, for a service that runs on its own. */
export function readServiceUrl(reader: ConfigReader, variable: string): string {
  return reader.required(variable, httpUrl);
}

/** A service with its listeners. */
export interface HostedService {
  readonly name: string;
  readonly listeners: RpcListeners;
  stop(): Promise<void>;
}

/**
 * Puts a service on its ports. Stops in the order of least harm: not ready, no new work, what is in flight, listeners.
 */
export async function hostService(
  service: Service,
  binds: { readonly grpcBind: BindAddress; readonly httpBind: BindAddress },
  guards: { readonly logger: Logger; readonly serviceToken: string | undefined },
): Promise<HostedService> {
  const readiness = new Readiness();
  const { logger } = guards;
  const listeners = await serveRpc(service.routes, guards, { grpc: binds.grpcBind, http: binds.httpBind }, readiness);
  try {
    await service.start();
  } catch (error) {
    await listeners.close();
    throw error;
  }
  readiness.set([]);
  logger.info({ grpc: listeners.grpcUrl, http: listeners.httpUrl }, "ready");
  return {
    name: service.routes.name,
    listeners,
    async stop() {
      readiness.set(["stopping"]);
      await service.stop();
      await listeners.close();
      await service.close?.();
      logger.info("stopped");
    },
  };
}
