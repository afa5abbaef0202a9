import { type ConnectionOptions, connect, type NatsConnection } from "@nats-io/transport-node";
import type { Logger } from "../logger.ts";
import { type Ports, sleep } from "../ports.ts";
import type { Dependency } from "../readiness.ts";
import type { NatsConfig } from "./config.ts";

/** For a server to answer a connection, milliseconds. */
const connectMs = 3000;
/** Between two attempts, milliseconds, and up to as much again at random: a server that comes back is not stormed. */
const pauseMs = 500;
/** Milliseconds between pings. A connection on which two in a row stay without an answer is given up at the third: after 9 s. */
const pingMs = 3000;
/** For what was sent last to arrive when the process stops, milliseconds. */
const drainMs = 2000;

export interface NatsDeps {
  /** What servers call this client. */
  readonly name: string;
  readonly ports: Pick<Ports, "timers" | "random">;
  readonly logger: Logger;
}

/** Keeps a connection to NATS, for ever. Nothing waits for it, and nothing fails while there is none. */
export class NatsClient {
  readonly config: NatsConfig;
  readonly logger: Logger;
  readonly #name: string;
  readonly #ports: NatsDeps["ports"];
  readonly #stopping = new AbortController();
  readonly #onConnect = new Set<(connection: NatsConnection) => void>();
  readonly #running: Promise<void>;
  /** Of this process, also while it is broken: the library mends it. */
  #held: NatsConnection | undefined;
  #isUp = false;
  #isMissed = false;

  constructor(config: NatsConfig, { name, ports, logger }: NatsDeps) {
    this.config = config;
    this.logger = logger;
    this.#name = name;
    this.#ports = ports;
    this.#running = this.#run();
  }

  /** Undefined while the server is away: what the library took then it would drop, or send who knows when. */
  get connection(): NatsConnection | undefined {
    return this.#isUp ? this.#held : undefined;
  }

  /** Never required: what it would have told is found by asking. */
  get dependency(): Dependency {
    return { name: "nats", state: this.#isUp ? "ok" : this.#isMissed ? "away" : "unknown" };
  }

  /** Calls `use` now, if connected, and whenever a connection was made or mended. */
  onConnect(use: (connection: NatsConnection) => void): void {
    this.#onConnect.add(use);
    if (this.connection !== undefined) use(this.connection);
  }

  /** Lets what was sent arrive, as far as the server takes it, and disconnects. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const { connection } = this;
    if (connection !== undefined) {
      const drained = new AbortController();
      const draining = connection.drain().catch(() => {});
      await Promise.race([draining, sleep(this.#ports.timers, drainMs, drained.signal)]);
      drained.abort();
    }
    await this.#held?.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        const connection = await this.#connect();
        this.#held = connection;
        if (signal.aborted) return await connection.close();
        await this.#follow(connection);
        this.#isDown(await connection.closed());
      } catch (error) {
        this.#isDown(error);
      }
      await sleep(this.#ports.timers, this.#pause(), signal);
    }
  }

  async #connect(): Promise<NatsConnection> {
    const options = this.#options();
    try {
      return await connect(options);
    } catch (error) {
      this.#isDown(error);
    }
    // Of the attempts that this makes nobody hears why they fail, but it leaves no sockets behind.
    return connect({ ...options, waitOnFirstConnect: true });
  }

  #options(): ConnectionOptions {
    const { addresses, tls, credentials } = this.config;
    return {
      ...credentials,
      servers: [...addresses],
      name: this.#name,
      timeout: connectMs,
      pingInterval: pingMs,
      maxPingOut: 2,
      // What this process publishes it hears without NATS.
      noEcho: true,
      maxReconnectAttempts: -1,
      ignoreAuthErrorAbort: true,
      reconnectDelayHandler: () => this.#pause(),
      reconnectToServer: () => {
        if (this.#stopping.signal.aborted) throw new Error("stopping");
        return null;
      },
      ...(tls ? { tls: {} } : {}),
    };
  }

  /** Until it is closed. */
  async #follow(connection: NatsConnection): Promise<void> {
    this.#isBack(connection);
    let hasComplained = false;
    for await (const status of connection.status()) {
      if (status.type === "disconnect") {
        this.#isDown(new Error("the connection broke"));
      } else if (status.type === "reconnect") {
        hasComplained = false;
        this.#isBack(connection);
      } else if (status.type === "error" && !hasComplained) {
        // A missing permission is refused with every message.
        hasComplained = true;
        this.logger.warn({ err: status.error }, "NATS refuses something");
      }
    }
  }

  #isBack(connection: NatsConnection): void {
    this.#isUp = true;
    this.logger.info({ server: connection.getServer() }, this.#isMissed ? "NATS is back" : "NATS is connected");
    this.#isMissed = false;
    for (const use of this.#onConnect) use(connection);
  }

  #isDown(why: unknown): void {
    this.#isUp = false;
    if (this.#isMissed || this.#stopping.signal.aborted) return;
    this.#isMissed = true;
    this.logger.warn({ err: why }, "NATS is away: news comes late, nothing is lost");
  }

  #pause(): number {
    const [byte = 0] = this.#ports.random.bytes(1);
    return pauseMs + (pauseMs * byte) / 255;
  }
}
