import type { Transport } from "@connectrpc/connect";
import { createLogger, type Logger } from "./logger.ts";
import { PrometheusMetrics } from "./metrics.ts";
import { type Ports, systemPorts } from "./ports.ts";
import { Readiness } from "./readiness.ts";
import { Peer } from "./rpc/peer.ts";
import { remoteTransport } from "./rpc/transport.ts";
import type { Running } from "./run.ts";
import { type CommonConfig, hostService, type Service } from "./service.ts";
import type { ServiceName } from "./service-name.ts";
import { TlsIdentity } from "./tls.ts";

/** Ports, logger, transports and listeners of a service that runs in a process of its own. */
export class ServiceProcess {
  readonly ports: Ports = systemPorts();
  readonly logger: Logger;
  readonly metrics = new PrometheusMetrics(this.ports.clock);
  readonly readiness = new Readiness();
  readonly #name: ServiceName;
  readonly #config: CommonConfig;
  readonly #tls: TlsIdentity | undefined;
  readonly #peers: Peer[] = [];

  constructor(name: ServiceName, config: CommonConfig) {
    this.#name = name;
    this.#config = config;
    this.logger = createLogger(name, config.logLevel);
    const { ports, logger, metrics } = this;
    const watching = { timers: ports.timers, logger, metrics: { metrics, serviceName: name } };
    this.#tls = config.tls === undefined ? undefined : new TlsIdentity(config.tls, watching);
    this.readiness.watch(() => this.#peers.map(({ dependency }) => dependency));
  }

  /**
   * A transport to another service, which need not be there yet.
   * @param options `required` if this service can do nothing without the other: it is not ready while the other is away
   */
  transport(to: ServiceName, url: string, options: { readonly required?: true } = {}): Transport {
    const caller = { from: this.#name, to, serviceToken: this.#config.serviceToken, tls: this.#tls };
    const deps = { ports: this.ports, logger: this.logger, ...options };
    const peer = new Peer(to, remoteTransport(url, caller, this.ports), deps);
    this.#peers.push(peer);
    return peer.transport;
  }

  /** @param stopping aborted when the process is told to stop while it starts */
  async serve(service: Service, stopping: AbortSignal): Promise<Running> {
    const { logger, metrics, readiness } = this;
    const guards = {
      logger,
      metrics,
      serviceToken: this.#config.serviceToken,
      tls: this.#tls,
      reflection: this.#config.reflection,
    };
    this.#tls?.start();
    try {
      const hosted = await hostService(service, this.#config, guards, readiness, stopping);
      for (const peer of this.#peers) peer.start();
      return {
        stop: async () => {
          await hosted.stop();
          await this.#stopOwn();
        },
        abandon: (why) => logger.error({ left: hosted.left() }, `ended before everything was done: ${why}`),
      };
    } catch (error) {
      // A process that cannot start ends by itself, once nothing keeps it alive.
      await this.#stopOwn();
      throw error;
    }
  }

  async #stopOwn(): Promise<void> {
    await Promise.all(this.#peers.map((peer) => peer.stop()));
    this.#tls?.stop();
  }
}
