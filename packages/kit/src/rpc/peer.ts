import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { Health } from "@outlayer/contracts/grpc/health/v1/health";
import type { Logger } from "../logger.ts";
import { sleep, type Timers } from "../ports.ts";
import type { Dependency } from "../readiness.ts";
import type { ServiceName } from "../service-name.ts";

/** How often a service is asked that gives no answer, milliseconds. */
const askMs = 1_000;
/** How long it may take to say that it is there, milliseconds. */
const patienceMs = 2_000;

/**
 * Another service, as far as this one sees it: by the answers to its calls, and by asking for itself while there are
 * none. Says in the log when it waits for one, and when that one is there.
 */
export class Peer {
  /** Its transport, which is listened to. */
  readonly transport: Transport;
  readonly #name: ServiceName;
  readonly #timers: Timers;
  readonly #logger: Logger;
  readonly #stopping = new AbortController();
  #state: Dependency["state"] = "unknown";
  #asking: Promise<void> | undefined;

  constructor(name: ServiceName, transport: Transport, timers: Timers, logger: Logger) {
    this.#name = name;
    this.#timers = timers;
    this.#logger = logger;
    this.transport = {
      unary: (...call) => this.#heard(call[1], () => transport.unary(...call)),
      stream: (...call) => this.#heard(call[1], () => transport.stream(...call)),
    };
  }

  get dependency(): Dependency {
    return { name: this.#name, state: this.#state };
  }

  /** Asks until it answers for the first time. */
  start(): void {
    this.#ask();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#asking;
  }

  async #heard<T>(signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> {
    try {
      const answer = await call();
      this.#note("ok");
      return answer;
    } catch (error) {
      const { code, isWireError } = ConnectError.from(error);
      // What the caller gave up says nothing of the other side.
      if (isWireError) this.#note("ok");
      else if (!signal?.aborted) this.#note(code === Code.DeadlineExceeded ? "slow" : "away", error);
      throw error;
    }
  }

  #note(state: "ok" | "slow" | "away", error?: unknown): void {
    if (state === this.#state || this.#stopping.signal.aborted) return;
    this.#state = state;
    if (state === "ok") this.#logger.info({ dependency: this.#name }, `${this.#name} answers`);
    else {
      const reason = ConnectError.from(error).rawMessage;
      this.#logger.warn({ dependency: this.#name, reason }, `${this.#name} is ${state}: waiting for it`);
      this.#ask();
    }
  }

  #ask(): void {
    this.#asking ??= this.#askUntilOk().finally(() => {
      this.#asking = undefined;
    });
  }

  async #askUntilOk(): Promise<void> {
    const { signal } = this.#stopping;
    const health = createClient(Health, this.transport);
    while (!signal.aborted) {
      await health.check({}, { signal, timeoutMs: patienceMs }).catch(() => undefined);
      if (this.#state === "ok") return;
      await sleep(this.#timers, askMs, signal);
    }
  }
}
