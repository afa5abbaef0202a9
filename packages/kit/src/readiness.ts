/** Another service, database or node that a process needs. */
export interface Dependency {
  /** Never an address. */
  readonly name: string;
  /** `slow`: answers come too late; `away`: none come; `unknown`: not asked yet. */
  readonly state: "ok" | "slow" | "away" | "unknown";
  /** Set if no request at all can be taken without it. */
  readonly required?: true;
}

/** The body of `/readyz`; states of dependencies by name. */
export interface ReadinessReport {
  readonly [field: string]: string | string[] | Record<string, string>;
}

/**
 * Whether this process takes requests, for `grpc.health.v1` and `/readyz`. Dependencies that are slow or away are named, but
 * only one without which nothing can be served makes the process not ready: otherwise another service's trouble would become
 * an outage of this one.
 */
export class Readiness {
  readonly #sources: (() => readonly Dependency[])[] = [];
  readonly #stopping = new AbortController();
  #changed = new AbortController();
  #started = false;

  /** Aborted once the process begins to stop. */
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

  /** All that it needs, as it is now. */
  get dependencies(): readonly Dependency[] {
    return this.#sources.flatMap((source) => source());
  }

  /** Why the process is not ready, in words that anybody may see. */
  get reasons(): readonly string[] {
    if (this.stopping.aborted) return ["stopping"];
    const missing = this.dependencies
      .filter(({ required, state }) => required && state !== "ok")
      .map(({ name, state }) => `${name} is ${state}`);
    return this.#started ? missing : ["starting", ...missing];
  }

  /** `{"status": "ready"}`, or `{"status": "not_ready", "reasons": [...]}`; and `dependencies`, where there are any. */
  report(): ReadinessReport {
    const known = this.dependencies.map(({ name, state }) => [name, state] as const);
    const dependencies = known.length === 0 ? {} : { dependencies: Object.fromEntries(known) };
    const { reasons } = this;
    return reasons.length === 0
      ? { status: "ready", ...dependencies }
      : { status: "not_ready", reasons: [...reasons], ...dependencies };
  }

  /** Adds a source of dependencies' states, which is asked anew for every report. */
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

  #tell(): void {
    const before = this.#changed;
    this.#changed = new AbortController();
    before.abort();
  }
}
