import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { Health } from "@outlayer/contracts/grpc/health/v1/health";
import { DependencyWatch } from "../dependency-watch.ts";
import type { Logger } from "../logger.ts";
import type { Ports } from "../ports.ts";
import type { Dependency } from "../readiness.ts";
import type { ServiceName } from "../service-name.ts";

/** How long it may take to say that it is there, milliseconds. */
const patienceMs = 2_000;

/** Another service, as far as this one sees it. */
export class Peer {
  /** Its transport, which is listened to. */
  readonly transport: Transport;
  readonly #watch: DependencyWatch;

  constructor(name: ServiceName, transport: Transport, ports: Pick<Ports, "timers" | "random">, logger: Logger) {
    this.transport = {
      unary: (...call) => this.#heard(call[1], () => transport.unary(...call)),
      stream: (...call) => this.#heard(call[1], () => transport.stream(...call)),
    };
    const health = createClient(Health, this.transport);
    const ask = (signal: AbortSignal) => health.check({}, { signal, timeoutMs: patienceMs });
    this.#watch = new DependencyWatch({ name, ask, ports, logger });
  }

  get dependency(): Dependency {
    return this.#watch.dependency;
  }

  /** Asks until it answers for the first time. */
  start(): void {
    this.#watch.start();
  }

  stop(): Promise<void> {
    return this.#watch.stop();
  }

  async #heard<T>(signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> {
    try {
      const answer = await call();
      this.#watch.heard();
      return answer;
    } catch (error) {
      const { code, isWireError, rawMessage } = ConnectError.from(error);
      // What the caller gave up says nothing of the other side.
      if (isWireError) this.#watch.heard();
      else if (!signal?.aborted) this.#watch.missed(code === Code.DeadlineExceeded ? "slow" : "away", rawMessage);
      throw error;
    }
  }
}
