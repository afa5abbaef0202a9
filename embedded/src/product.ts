import { type BroadcasterConfig, createBroadcaster, readBroadcasterConfig } from "@outlayer/broadcaster";
import { createEvidence, type EvidenceConfig, readEvidenceConfig } from "@outlayer/evidence";
import { createGateway, type GatewayConfig, readGatewayConfig } from "@outlayer/gateway";
import {
  type BindAddress,
  ConfigReader,
  defaultPorts,
  type Environment,
  type HostedService,
  hostService,
  inMemoryTransport,
  type Logger,
  type NatsConfig,
  openMessaging,
  type Ports,
  PrometheusMetrics,
  Readiness,
  readNatsConfig,
  readReflection,
  readSharedSecret,
  type Service,
  type ServiceName,
} from "@outlayer/kit";
import { createPlanner, type PlannerConfig, readPlannerConfig } from "@outlayer/planner";
import { createSignerProxy, readSignerProxyConfig, type SignerProxyConfig } from "@outlayer/signer-proxy";

/** Configuration of all five services. */
export interface ProductConfig {
  readonly gateway: GatewayConfig;
  readonly planner: PlannerConfig;
  readonly signerProxy: SignerProxyConfig;
  readonly broadcaster: BroadcasterConfig;
  readonly evidence: EvidenceConfig;
  /** Undefined: progress is published within the process only. */
  readonly nats: NatsConfig | undefined;
  /** Authenticates services to one another, on ports and in memory. */
  readonly serviceToken: string;
  /** Whether the ports serve reflection to anybody. */
  readonly reflection: boolean;
}

/** Reads the variables of all five services from one environment. @throws ConfigError with every problem */
export function readProductConfig(environment: Environment): ProductConfig {
  const reader = new ConfigReader(environment);
  const config = {
    gateway: readGatewayConfig(reader),
    planner: readPlannerConfig(reader),
    signerProxy: readSignerProxyConfig(reader),
    broadcaster: readBroadcasterConfig(reader),
    evidence: readEvidenceConfig(reader),
    nats: readNatsConfig(reader),
    serviceToken: readSharedSecret(reader, "SERVICE_TOKEN"),
    reflection: readReflection(reader),
  };
  reader.check();
  return config;
}

export interface ProductDeps {
  readonly ports: Ports;
  /** Logger of one service. */
  readonly logger: (service: ServiceName) => Logger;
  /** Replaces a service as the others see it, for tests of one that misbehaves. */
  readonly wrap?: Partial<Record<ServiceName, (service: Service) => Service>>;
  /** Aborted when the product is to stop while it starts: waits for dependencies end then. */
  readonly stopping?: AbortSignal;
}

export interface Product {
  readonly restUrl: string;
  /** h2c URLs by service. */
  readonly grpc: Readonly<Record<ServiceName, string>>;
  /** HTTP/1.1 URLs by service. */
  readonly http: Readonly<Record<ServiceName, string>>;
  stop(): Promise<void>;
}

/**
 * Runs all five services in this process. They call one another through an in-memory transport with the same contracts; everybody
 * else reaches them on their own loopback ports.
 * @param freePorts takes free ports instead of the services' usual ones
 */
export async function startProduct(config: ProductConfig, deps: ProductDeps, freePorts = false): Promise<Product> {
  const { ports, logger } = deps;
  const { serviceToken } = config;
  // One process has one set of metrics, which each service's clear port serves.
  const metrics = new PrometheusMetrics(ports.clock);
  const messaging = openMessaging(config.nats, { name: "coordinator", ports, logger: logger("evidence") });
  const wrapped = (name: ServiceName, service: Service) => deps.wrap?.[name]?.(service) ?? service;
  const transport = (from: ServiceName, to: ServiceName, service: Service) =>
    inMemoryTransport(service.routes, { logger: logger(to), metrics, serviceToken }, from);

  const evidence = wrapped(
    "evidence",
    createEvidence(config.evidence, { ports, logger: logger("evidence"), ...messaging }),
  );
  const signerProxy = wrapped(
    "signer-proxy",
    createSignerProxy(config.signerProxy, { ports, logger: logger("signer-proxy") }),
  );
  const broadcaster = wrapped(
    "broadcaster",
    createBroadcaster(config.broadcaster, {
      ports,
      logger: logger("broadcaster"),
      metrics,
      ...messaging,
      transports: {
        evidence: transport("broadcaster", "evidence", evidence),
        signerProxy: transport("broadcaster", "signer-proxy", signerProxy),
      },
    }),
  );
  const planner = wrapped(
    "planner",
    createPlanner(config.planner, {
      ports,
      logger: logger("planner"),
      metrics,
      transports: {
        evidence: transport("planner", "evidence", evidence),
        signerProxy: transport("planner", "signer-proxy", signerProxy),
        broadcaster: transport("planner", "broadcaster", broadcaster),
      },
    }),
  );
  const gatewayReadiness = new Readiness();
  const gateway = createGateway(config.gateway, {
    ports,
    logger: logger("gateway"),
    metrics,
    readiness: gatewayReadiness,
    transports: {
      planner: transport("gateway", "planner", planner),
      evidence: transport("gateway", "evidence", evidence),
    },
  });

  // Services start before those that call them, and stop in reverse order.
  const services = { evidence, "signer-proxy": signerProxy, broadcaster, planner, gateway } as const;
  const hosted = new Map<ServiceName, HostedService>();
  const stop = async () => {
    for (const service of [...hosted.values()].reverse()) await service.stop();
    await messaging.stop();
  };
  try {
    for (const [name, service] of Object.entries(services) as [ServiceName, Service][]) {
      const readiness = name === "gateway" ? gatewayReadiness : new Readiness();
      const guards = { logger: logger(name), metrics, serviceToken, reflection: config.reflection };
      hosted.set(name, await hostService(service, bindsOf(name, freePorts), guards, readiness, deps.stopping));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    restUrl: gateway.restUrl(),
    grpc: urls(hosted, ({ grpcUrl }) => grpcUrl),
    http: urls(hosted, ({ httpUrl }) => httpUrl),
    stop,
  };
}

function bindsOf(name: ServiceName, freePorts: boolean): { grpcBind: BindAddress; httpBind: BindAddress } {
  const { grpc, http } = defaultPorts[name];
  return {
    grpcBind: { host: "127.0.0.1", port: freePorts ? 0 : grpc },
    httpBind: { host: "127.0.0.1", port: freePorts ? 0 : http },
  };
}

function urls(
  hosted: ReadonlyMap<ServiceName, HostedService>,
  pick: (listeners: HostedService["listeners"]) => string,
): Record<ServiceName, string> {
  const found = [...hosted].map(([name, { listeners }]) => [name, pick(listeners)] as const);
  return Object.fromEntries(found) as Record<ServiceName, string>;
}
