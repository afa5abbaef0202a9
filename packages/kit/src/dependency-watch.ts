import type { Logger } from "./logger.ts";
import { jittered, type Ports, sleep } from "./ports.ts";
import type { Dependency } from "./readiness.ts";

/**
 * Milliseconds without an answer after which something is asked. Whoever asks gives up after at most 3,500 ms, so that with
 * the first pause and a second time of asking no more than 10 s pass from the last answer until it is away.
 */
const idleMs = 2_500;
/** Pause before something is asked again that gave no answer, milliseconds; twice as long each time, up to the longest. */
const firstPauseMs = 500;
const longestPauseMs = 2_000;
/** So many times of asking in a row without an answer make what was slow away. */
const silentAsks = 2;
/** When calls get no answer for so long, and none does in between, light calls that do prove nothing. Milliseconds. */
const deafMs = 3_000;
/** For so long after the last such call, milliseconds. */
const doubtMs = 10_000;

/** Is told what comes of calls. */
export interface Ear {
  /** A call was answered, in whatever way. */
  heard(): void;
  /** A call was not answered: not in time, or not at all. */
  missed(state: "slow" | "away", reason: string): void;
}

/** What is asked for as long as the process is hosted. */
export interface Watch {
  readonly dependency: Dependency;
  start(): void;
  stop(): Promise<void>;
}

export interface WatchDeps {
  readonly name: string;
  /** While it is away no request at all can be taken. */
  readonly required?: true | undefined;
  /** Makes a light call, and tells the ear what came of it. It gives up by itself, and says that then. */
  readonly ask: (signal: AbortSignal, ear: Ear) => Promise<unknown>;
  readonly ports: Pick<Ports, "clock" | "timers" | "random">;
  readonly logger: Logger;
}

/**
 * Something that a process needs, as far as it sees it: by what comes of its calls, which it is told of, and by asking while
 * none are answered. Says in the log when it waits for it, and when it is there.
 *
 * Only an answer brings back what is away. Where calls stay without one, an answer to what is asked here does not count for
 * a while: what cannot carry out anything may still say that it is there.
 */
export class DependencyWatch implements Ear, Watch {
  readonly #deps: WatchDeps;
  readonly #stopping = new AbortController();
  #state: Dependency["state"] = "unknown";
  #changed = new AbortController();
  #heardAtMs = 0;
  /** Times of asking in a row without an answer. */
  #silent = 0;
  /** The first and the last call without an answer since one was answered. */
  #missed: { readonly firstMs: number; lastMs: number } | undefined;
  #isDeaf = false;
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

  /** Asks from now on, whenever there is no answer for a while. */
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

  /** Resolves once it answers, or at the signal. */
  async answers(signal: AbortSignal): Promise<void> {
    while (this.#state !== "ok" && !signal.aborted) await this.#change(signal);
  }

  /** Of what is asked here. */
  readonly #ofAsking: Ear = {
    heard: () => {
      const now = this.#deps.ports.clock.now();
      if (this.#isDeaf && this.#missed !== undefined) {
        const sinceMs = now - this.#missed.lastMs;
        // A clock that was set back says nothing of how long it has been.
        if (sinceMs >= 0 && sinceMs < doubtMs) return;
        // It is believed again, until the next call without an answer.
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
    // Slow is what answers now and then.
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
      const asked = ask(signal, this.#ofAsking).catch(() => undefined);
      // Where nothing changes, what listens for a change is to go with the question.
      await Promise.race([asked, this.#change(AbortSignal.any([signal, round.signal]))]);
      round.abort();
      if (this.#state === "ok") {
        await this.#idle();
        pauseMs = firstPauseMs;
      } else {
        await sleep(ports.timers, jittered(pauseMs, ports.random), signal);
        pauseMs = Math.min(2 * pauseMs, longestPauseMs);
      }
    }
  }

  /** Resolves when there was no answer for so long, or when a call was not answered. */
  async #idle(): Promise<void> {
    const { clock, timers } = this.#deps.ports;
    while (this.#state === "ok" && !this.#stopping.signal.aborted) {
      const leftMs = Math.min(idleMs, this.#heardAtMs + idleMs - clock.now());
      if (leftMs <= 0) return;
      await sleep(timers, leftMs, AbortSignal.any([this.#stopping.signal, this.#changed.signal]));
    }
  }
}
