import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { Health } from "@outlayer/contracts/grpc/health/v1/health";
import { type CallListener, DependencyWatch, type Watch } from "../dependency-watch.ts";
import type { Logger } from "../logger.ts";
import type { Ports } from "../ports.ts";
import type { Dependency } from "../readiness.ts";
import type { ServiceName } from "../service-name.ts";
import { usualLimitOf } from "./patience.ts";

/** Time limit of a health probe, milliseconds. */
const patienceMs = 2_000;

/** Calls to a required service count as late this long before their usual limit, milliseconds; a caller's own limit does not matter. */
const lateMs = 1_000;

export interface PeerDeps {
  readonly ports: Pick<Ports, "clock" | "timers" | "random">;
  readonly logger: Logger;
  /** Whether this process can do nothing without the peer. */
  readonly required?: true | undefined;
}

/**
 * Another service, as a dependency of this one. A service that answers with an error is there: the state of its own
 * dependencies is for it to report.
 */
export class Peer implements Watch {
  /** A transport to the peer whose calls are observed. */
  readonly transport: Transport;
  readonly #timers: Ports["timers"];
  readonly #watch: DependencyWatch;

  constructor(name: ServiceName, transport: Transport, { required, ...deps }: PeerDeps) {
    this.#timers = deps.ports.timers;
    const ask = (signal: AbortSignal, listener: CallListener) =>
      createClient(Health, this.#listened(transport, listener)).check({}, { signal, timeoutMs: patienceMs });
    this.#watch = new DependencyWatch({ name, required, ask, ...deps });
    this.transport = this.#listened(transport, this.#watch, required);
  }

  get dependency(): Dependency {
    return this.#watch.dependency;
  }

  start(): void {
    this.#watch.start();
  }

  stop(): Promise<void> {
    return this.#watch.stop();
  }

  #listened(transport: Transport, listener: CallListener, tellsLate?: true): Transport {
    return {
      unary: async (...call) => {
        const [method, signal, , , input] = call;
        const limitMs = tellsLate && usualLimitOf(method, input) - lateMs;
        const late = () => listener.missed("slow", `no answer within ${limitMs} ms`);
        const cancel = limitMs === undefined ? () => {} : this.#timers.after(limitMs, late);
        try {
          return await judged(listener, signal, transport.unary(...call));
        } finally {
          cancel();
        }
      },
      stream: (...call) => judged(listener, call[1], transport.stream(...call)),
    };
  }
}

async function judged<T>(listener: CallListener, signal: AbortSignal | undefined, call: Promise<T>): Promise<T> {
  try {
    const answer = await call;
    listener.heard();
    return answer;
  } catch (error) {
    const { code, isWireError, rawMessage } = ConnectError.from(error);
    // A call that its caller cancelled says nothing of the other side.
    if (isWireError) listener.heard();
    else if (!signal?.aborted) listener.missed(code === Code.DeadlineExceeded ? "slow" : "away", rawMessage);
    throw error;
  }
}
