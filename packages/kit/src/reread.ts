import type { Logger } from "./logger.ts";
import { type Metric, type Metrics, noMetrics } from "./metrics.ts";
import type { Disposer, Timers } from "./ports.ts";

export interface RereadOptions<T> {
  /** What the files hold, in the plural: `TLS files`. It names them in logs and in the metric's label. */
  readonly what: string;
  /** @throws Error when the files cannot be used, or are being replaced */
  readonly read: () => T;
  readonly isSame: (one: T, other: T) => boolean;
  readonly timers: Timers;
  readonly logger: Logger;
  /** With the service's name, for its label. */
  readonly metrics?: { readonly metrics: Metrics; readonly serviceName: string } | undefined;
}

export const configFilesOk: Metric = {
  name: "config_files_ok",
  help: "0 while files with configuration cannot be used as they are, and what they held before is in use.",
  labels: ["service_name", "files"],
};

/** How often the files are polled, milliseconds. Mounted secrets are swapped in ways that no file watch sees on all systems. */
const lookMs = 10_000;

/** What files held when they could be used last. They are read again and again, and what cannot be used changes nothing. */
export class Reread<T> {
  readonly #options: RereadOptions<T>;
  readonly #told = new Set<(value: T) => void>();
  #current: T;
  #cancel: Disposer | undefined;
  #isFailing = false;

  /** @throws Error when the files cannot be used */
  constructor(options: RereadOptions<T>) {
    this.#options = options;
    this.#current = options.read();
    const { metrics = noMetrics, serviceName = "" } = options.metrics ?? {};
    metrics.gauge(configFilesOk, () => [
      { labels: { service_name: serviceName, files: options.what }, value: Number(!this.#isFailing) },
    ]);
  }

  get current(): T {
    return this.#current;
  }

  onChange(tell: (value: T) => void): void {
    this.#told.add(tell);
  }

  /** Begins to poll the files. Call it only when something will stop it: polling keeps a process alive. */
  start(): void {
    this.#cancel = this.#options.timers.after(lookMs, () => this.#look());
  }

  stop(): void {
    this.#cancel?.();
  }

  #look(): void {
    const { what, read, isSame, logger } = this.#options;
    try {
      const found = read();
      this.#isFailing = false;
      if (!isSame(found, this.#current)) {
        this.#current = found;
        for (const tell of this.#told) tell(found);
        logger.info(`new ${what} are in use`);
      }
    } catch (error) {
      if (!this.#isFailing) logger.error({ err: error }, `${what} cannot be used: the previous ones stay in use`);
      this.#isFailing = true;
    }
    this.start();
  }
}
