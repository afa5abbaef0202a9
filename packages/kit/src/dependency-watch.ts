import type { Logger } from "./logger.ts";
import { jittered, type Ports, sleep } from "./ports.ts";
import type { Dependency } from "./readiness.ts";

/**
 * Milliseconds without an answer after which the watch probes. A probe gives up after at most 3,500 ms, so with the first pause
 * and a second probe at most 10 s pass from the last answer until the dependency is away.
 */
const idleMs = 2_500;
/** Pause before the next probe after one without an answer, milliseconds; doubles up to the longest. */
const firstPauseMs = 500;
const longestPauseMs = 2_000;
/** Unanswered probes in a row that turn `slow` into `away`. */
const silentAsks = 2;
/** When calls stay unanswered for so long, with none answered in between, answered probes prove nothing. Milliseconds. */
const deafMs = 3_000;
/** For how long after the last unanswered call they prove nothing, milliseconds. */
const doubtMs = 10_000;

/** Is told the outcome of each call. */
export interface CallListener {
  /** A call was answered, be it with an error. */
  heard(): void;
  /** A call was not answered: not in time, or not at all. */
  missed(state: "slow" | "away", reason: string): void;
}

/** A probe that runs for as long as the process is hosted. */
export interface Watch {
  readonly dependency: Dependency;
  start(): void;
  stop(): Promise<void>;
}

export interface WatchDeps {
  readonly name: string;
  /** While the dependency is away, no request at all can be taken. */
  readonly required?: true | undefined;
  /** Probes by a light call, and reports its outcome to the listener. It has a time limit of its own, and reports when that passes. */
  readonly ask: (signal: AbortSignal, listener: CallListener) => Promise<unknown>;
  readonly ports: Pick<Ports, "clock" | "timers" | "random">;
  readonly logger: Logger;
}

/**
 * The state of a dependency, judged by the outcomes of the calls that are made anyway, and by probes while none are answered.
 * Logs when the dependency goes away and when it is back.
 *
 * Only an answer ends `away`. While calls stay unanswered, an answered probe does not count for a while: a dependency that can
 * carry out nothing may still answer a ping.
 */
export class DependencyWatch implements CallListener, Watch {
  readonly #deps: WatchDeps;
  readonly #stopping = new AbortController();
  #state: Dependency["state"] = "unknown";
  #changed = new AbortController();
  #heardAtMs = 0;
  /** Unanswered probes in a row. */
  #silent = 0;
  /** The first and the last unanswered call since one was answered. */
  #missed: { readonly firstMs: number; lastMs: number } | undefined;
  #isDeaf = false;
  #asking: Promise<void> | undefined;

  constructor(deps: WatchDeps) {
    this.#deps = deps;
  }

  get dependency(): Dependency {
    const { name, required } = this.#deps;
    // A dependency that is too slow for one call may serve another.
    const isRequired = required && this.#state !== "slow";
    return { name, state: this.#state, ...(isRequired ? { required } : {}) };
  }

  /** Probes from now on, whenever there is no answer for a while. */
  start(): void {
    this.#asking ??= this.#keepAsking();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#asking;
  }

  heard(): void {
    this.#missed = undefined;
    this.#isDeaf = false;
    this.#answered();
  }

  missed(state: "slow" | "away", reason: string): void {
    if (this.#state === "away" && !this.#isDeaf) return;
    const now = this.#deps.ports.clock.now();
    if (this.#missed === undefined || now - this.#missed.lastMs > doubtMs) this.#missed = { firstMs: now, lastMs: now };
    this.#missed.lastMs = now;
    this.#isDeaf = now - this.#missed.firstMs >= deafMs;
    this.#becomes(this.#isDeaf ? "away" : state, reason);
  }

  /** Resolves once the dependency answers, or at the signal. */
  async answers(signal: AbortSignal): Promise<void> {
    while (this.#state !== "ok" && !signal.aborted) await this.#change(signal);
  }

  /** Outcomes of probes. */
  readonly #ofProbes: CallListener = {
    heard: () => {
      const now = this.#deps.ports.clock.now();
      if (this.#isDeaf && this.#missed !== undefined) {
        const sinceMs = now - this.#missed.lastMs;
        // A negative span means that the clock was set back: then the span says nothing.
        if (sinceMs >= 0 && sinceMs < doubtMs) return;
        // Probes count again, until the next unanswered call.
        this.#missed.lastMs = now;
        this.#isDeaf = false;
      }
      this.#answered();
    },
    missed: (state, reason) => {
      this.#silent += 1;
      this.#becomes(this.#silent >= silentAsks ? "away" : state, reason);
    },
  };

  #answered(): void {
    this.#silent = 0;
    this.#heardAtMs = this.#deps.ports.clock.now();
    if (!this.#is("ok")) return;
    const { name, logger } = this.#deps;
    logger.info({ dependency: name }, `${name} answers`);
  }

  #becomes(state: "slow" | "away", reason: string): void {
    // Slow is a dependency that answered before; one that is away stays so.
    if (state === "slow" && this.#state !== "ok") return;
    if (!this.#is(state)) return;
    const { name, logger } = this.#deps;
    logger.warn({ dependency: name, reason }, `${name} is ${state}: waiting for it`);
  }

  #is(state: Dependency["state"]): boolean {
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

  async #keepAsking(): Promise<void> {
    const { ask, ports } = this.#deps;
    const { signal } = this.#stopping;
    let pauseMs = firstPauseMs;
    while (!signal.aborted) {
      const round = new AbortController();
      const asked = ask(signal, this.#ofProbes).catch(() => undefined);
      // Ends the wait for a change together with the probe, so that no listeners pile up.
      await Promise.race([asked, this.#change(AbortSignal.any([signal, round.signal]))]);
      round.abort();
      // A probe may tell nothing, and the last answer be long ago: then there is nothing to be idle for.
      if (this.#state === "ok" && ports.clock.now() < this.#heardAtMs + idleMs) {
        await this.#idle();
        pauseMs = firstPauseMs;
      } else {
        await sleep(ports.timers, jittered(pauseMs, ports.random), signal);
        pauseMs = Math.min(2 * pauseMs, longestPauseMs);
      }
    }
  }

  /** Resolves when there was no answer for `idleMs`, or when a call was not answered. */
  async #idle(): Promise<void> {
    const { clock, timers } = this.#deps.ports;
    while (this.#state === "ok" && !this.#stopping.signal.aborted) {
      const leftMs = Math.min(idleMs, this.#heardAtMs + idleMs - clock.now());
      if (leftMs <= 0) return;
      await sleep(timers, leftMs, AbortSignal.any([this.#stopping.signal, this.#changed.signal]));
    }
  }
}
