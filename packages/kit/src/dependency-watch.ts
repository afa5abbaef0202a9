import type { Logger } from "./logger.ts";
import { jittered, type Ports, sleep } from "./ports.ts";
import type { Dependency } from "./readiness.ts";

/** Pause before something is asked again that gave no answer, milliseconds; twice as long each time, up to the longest. */
const firstPauseMs = 500;
const longestPauseMs = 2_000;

export interface WatchDeps {
  readonly name: string;
  /** While it is away no request at all can be taken. */
  readonly required?: true;
  /** Makes a light call, of which this hears as of any other. */
  readonly ask: (signal: AbortSignal) => Promise<unknown>;
  /** Milliseconds after which it is asked that answered, when nobody has called it since. Undefined: never. */
  readonly idleMs?: number;
  readonly ports: Pick<Ports, "timers" | "random">;
  readonly logger: Logger;
}

/**
 * Something that a process needs, as far as it sees it: by what comes of its calls, and by asking while there are none, or
 * none that are answered. Says in the log when it waits for it, and when it is there.
 */
export class DependencyWatch {
  readonly #deps: WatchDeps;
  readonly #stopping = new AbortController();
  #state: Dependency["state"] = "unknown";
  #changed = new AbortController();
  #wasHeard = false;
  #asking: Promise<void> | undefined;

  constructor(deps: WatchDeps) {
    this.#deps = deps;
  }

  get dependency(): Dependency {
    const { name, required } = this.#deps;
    // What is slow for one call may serve another.
    const isRequired = required && this.#state !== "slow";
    return { name, state: this.#state, ...(isRequired ? { required } : {}) };
  }

  /** Asks until it answers for the first time. */
  start(): void {
    this.#ask();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#asking;
  }

  /** A call was answered, in whatever way. */
  heard(): void {
    this.#wasHeard = true;
    if (!this.#becomes("ok")) return;
    const { name, logger } = this.#deps;
    logger.info({ dependency: name }, `${name} answers`);
  }

  /** A call was not answered. */
  missed(state: "slow" | "away", reason: string): void {
    if (!this.#becomes(state)) return;
    const { name, logger } = this.#deps;
    logger.warn({ dependency: name, reason }, `${name} is ${state}: waiting for it`);
    this.#ask();
  }

  /** Resolves once it answers, or at the signal. */
  async answers(signal: AbortSignal): Promise<void> {
    while (this.#state !== "ok" && !signal.aborted) await this.#change(signal);
  }

  #becomes(state: Dependency["state"]): boolean {
    if (state === this.#state || this.#stopping.signal.aborted) return false;
    this.#state = state;
    const before = this.#changed;
    this.#changed = new AbortController();
    before.abort();
    return true;
  }

  #change(signal: AbortSignal): Promise<void> {
    const changed = AbortSignal.any([signal, this.#changed.signal]);
    return new Promise((resolve) => {
      if (changed.aborted) resolve();
      else changed.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  #ask(): void {
    this.#asking ??= this.#keepAsking().finally(() => {
      this.#asking = undefined;
    });
  }

  async #keepAsking(): Promise<void> {
    const { ask, idleMs, ports } = this.#deps;
    const { signal } = this.#stopping;
    let pauseMs = firstPauseMs;
    while (!signal.aborted) {
      await Promise.race([ask(signal).catch(() => undefined), this.#change(signal)]);
      if (this.#state !== "ok") {
        await sleep(ports.timers, jittered(pauseMs, ports.random), signal);
        pauseMs = Math.min(2 * pauseMs, longestPauseMs);
      } else {
        if (idleMs === undefined) return;
        await this.#idle(idleMs);
        pauseMs = firstPauseMs;
      }
    }
  }

  /** Resolves when nobody has called for so long, or when a call was not answered. */
  async #idle(idleMs: number): Promise<void> {
    do {
      this.#wasHeard = false;
      const signal = AbortSignal.any([this.#stopping.signal, this.#changed.signal]);
      await sleep(this.#deps.ports.timers, idleMs, signal);
    } while (this.#wasHeard && this.#state === "ok" && !this.#stopping.signal.aborted);
  }
}
