import { type ConnectionOptions, connect, type NatsConnection } from "@nats-io/transport-node";
import type { Logger } from "../logger.ts";
import { type Ports, sleep } from "../ports.ts";
import type { Dependency } from "../readiness.ts";
import type { NatsConfig } from "./config.ts";

/** Time limit for a connection attempt, milliseconds. */
const connectMs = 3000;
/** Pause between two attempts, milliseconds, plus up to as much again at random, so that clients do not return all at once. */
const pauseMs = 500;
/** Milliseconds between pings. A connection with two unanswered pings in a row is given up at the third: after 9 s. */
const pingMs = 3000;
/** Time limit for draining when the process stops, milliseconds. */
const drainMs = 2000;

export interface NatsDeps {
  /** The client's name, as the server lists it. */
  readonly name: string;
  readonly ports: Pick<Ports, "timers" | "random">;
  readonly logger: Logger;
}

/** Keeps a connection to NATS and reconnects for ever. Nothing waits for the connection, and nothing fails without it. */
export class NatsClient {
  readonly config: NatsConfig;
  readonly logger: Logger;
  readonly #name: string;
  readonly #ports: NatsDeps["ports"];
  readonly #stopping = new AbortController();
  readonly #onConnect = new Set<(connection: NatsConnection) => void>();
  readonly #running: Promise<void>;
  /** The process's connection, also while it is broken: the library reconnects it. */
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

  /** Undefined while the server is away: the library would drop messages published then, or send them at any time later. */
  get connection(): NatsConnection | undefined {
    return this.#isUp ? this.#held : undefined;
  }

  /** Never required: every signal that is lost is made up for by polling. */
  get dependency(): Dependency {
    return { name: "nats", state: this.#isUp ? "ok" : this.#isMissed ? "away" : "unknown" };
  }

  /** Calls `use` now, if connected, and after every connect and reconnect. */
  onConnect(use: (connection: NatsConnection) => void): void {
    this.#onConnect.add(use);
    if (this.connection !== undefined) use(this.connection);
  }

  /** Drains, as far as the server takes the messages, and disconnects. */
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
    // The library reports no errors of these attempts, but a plain retry here would leak sockets.
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
      // The process delivers its own messages without NATS.
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

  /** Logs the connection's status until it is closed. */
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
        // A missing permission causes an error with every message: one line is enough.
        hasComplained = true;
        this.logger.warn({ err: status.error }, "NATS reports an error");
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
