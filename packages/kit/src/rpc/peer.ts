import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { Health } from "@outlayer/contracts/grpc/health/v1/health";
import { DependencyWatch, type Ear, type Watch } from "../dependency-watch.ts";
import type { Logger } from "../logger.ts";
import type { Ports } from "../ports.ts";
import type { Dependency } from "../readiness.ts";
import type { ServiceName } from "../service-name.ts";
import { usualLimitOf } from "./patience.ts";

/** How long it may take to say that it is there, milliseconds. */
const patienceMs = 2_000;

/** A call of one that is required is late so long before its usual limit, milliseconds: whatever limit its caller has set. */
const lateMs = 1_000;

export interface PeerDeps {
  readonly ports: Pick<Ports, "clock" | "timers" | "random">;
  readonly logger: Logger;
  /** Whether this process can do nothing without it. */
  readonly required?: true | undefined;
}

/**
 * Another service, as far as this one sees it. One that answers that it cannot do what it is asked is there: what it needs
 * itself, it says itself.
 */
export class Peer implements Watch {
  /** Its transport, which is listened to. */
  readonly transport: Transport;
  readonly #timers: Ports["timers"];
  readonly #watch: DependencyWatch;

  constructor(name: ServiceName, transport: Transport, { required, ...deps }: PeerDeps) {
    this.#timers = deps.ports.timers;
    const ask = (signal: AbortSignal, ear: Ear) =>
      createClient(Health, this.#listened(transport, ear)).check({}, { signal, timeoutMs: patienceMs });
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

  #listened(transport: Transport, ear: Ear, tellsLate?: true): Transport {
    return {
      unary: async (...call) => {
        const [method, signal, , , input] = call;
        const limitMs = tellsLate && usualLimitOf(method, input) - lateMs;
        const late = () => ear.missed("slow", `no answer within ${limitMs} ms`);
        const cancel = limitMs === undefined ? () => {} : this.#timers.after(limitMs, late);
        try {
          return await judged(ear, signal, transport.unary(...call));
        } finally {
          cancel();
        }
      },
      stream: (...call) => judged(ear, call[1], transport.stream(...call)),
    };
  }
}

async function judged<T>(ear: Ear, signal: AbortSignal | undefined, call: Promise<T>): Promise<T> {
  try {
    const answer = await call;
    ear.heard();
    return answer;
  } catch (error) {
    const { code, isWireError, rawMessage } = ConnectError.from(error);
    // What the caller gave up says nothing of the other side.
    if (isWireError) ear.heard();
    else if (!signal?.aborted) ear.missed(code === Code.DeadlineExceeded ? "slow" : "away", rawMessage);
    throw error;
  }
}
