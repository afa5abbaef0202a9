/** Something that a process needs others for. */
export interface Dependency {
  /** Never an address. */
  readonly name: string;
  /** `slow` gives no answer in time, `away` none at all; `unknown` was not asked yet. */
  readonly state: "ok" | "slow" | "away" | "unknown";
  /** Without it no request at all can be taken. */
  readonly required?: true;
}

/** What `/readyz` answers; states of dependencies by name. */
export interface ReadinessReport {
  readonly [field: string]: string | string[] | Record<string, string>;
}

/**
 * Whether this process takes requests. Shared by `grpc.health.v1` and `/readyz`. A dependency that is slow or away is
 * told by name; only one without which nothing can be served makes the process not ready: to take it out of service
 * for anything less would turn somebody else's trouble into an outage.
 */
export class Readiness {
  readonly #sources: (() => readonly Dependency[])[] = [];
  readonly #stopping = new AbortController();
  #changed = new AbortController();
  #started = false;

  /** Aborted once the process stops. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Aborted at the next change. */
  get changed(): AbortSignal {
    return this.#changed.signal;
  }

  get ready(): boolean {
    return this.reasons.length === 0;
  }

  /** Whether the service has begun to take requests; it stays so. */
  get started(): boolean {
    return this.#started;
  }

  /** Why not, in words that may be shown to anybody. */
  get reasons(): readonly string[] {
    if (this.stopping.aborted) return ["stopping"];
    const missing = this.#dependencies()
      .filter(({ required, state }) => required && state !== "ok")
      .map(({ name, state }) => `${name} is ${state}`);
    return this.#started ? missing : ["starting", ...missing];
  }

  /** `{"status": "ready"}`, or `{"status": "not_ready", "reasons": [...]}`; and `dependencies`, where there are any. */
  report(): ReadinessReport {
    const known = this.#dependencies().map(({ name, state }) => [name, state] as const);
    const dependencies = known.length === 0 ? {} : { dependencies: Object.fromEntries(known) };
    const { reasons } = this;
    return reasons.length === 0
      ? { status: "ready", ...dependencies }
      : { status: "not_ready", reasons: [...reasons], ...dependencies };
  }

  /** Adds what is asked for the state of dependencies, whenever somebody wants to know. */
  watch(source: () => readonly Dependency[]): void {
    this.#sources.push(source);
  }

  start(): void {
    this.#started = true;
    this.#tell();
  }

  stop(): void {
    this.#stopping.abort();
    this.#tell();
  }

  #dependencies(): readonly Dependency[] {
    return this.#sources.flatMap((source) => source());
  }

  #tell(): void {
    const before = this.#changed;
    this.#changed = new AbortController();
    before.abort();
  }
}
