import { Counter, collectDefaultMetrics, Gauge, Histogram, type OpenMetricsContentType, Registry } from "prom-client";
import type { Clock } from "./ports.ts";

/** Values by label name. A label has few values: never an id of a request, a wallet, an account or a key. */
export type Labels = Readonly<Record<string, string>>;

/** A metric, as docs/metrics.md has it. */
export interface Metric {
  /** In snake case, with its unit; a counter's ends with `_total`. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  /** Upper bounds of a histogram, in seconds; those of calls where nothing is said. */
  readonly buckets?: readonly number[];
}

/** One value of a gauge. */
export interface Reading {
  readonly value: number;
  readonly labels?: Labels;
}

/** Where parts of a service say what is measured of them. Counters of one name are one, and so are histograms. */
export interface Metrics {
  /** @returns a function that counts on, by 1 */
  counter(metric: Metric): (labels?: Labels) => void;
  /** A distribution of times. @returns a function that takes a time in seconds */
  histogram(metric: Metric): (seconds: number, labels?: Labels) => void;
  /** Gauges of one name are one, with the values of all. @param read values, each time that somebody asks */
  gauge(metric: Metric, read: () => Iterable<Reading>): void;
}

/** For whoever is not measured. */
export const noMetrics: Metrics = {
  counter: () => () => {},
  histogram: () => () => {},
  gauge: () => {},
};

/** Upper bounds in seconds: from a call in memory to the longest that anything waits for. */
const callBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** How often the event loop is looked at, milliseconds: each look costs processor time. */
const loopMs = 50;

/** For so long the same text is given out, milliseconds: anybody may ask on the clear port. */
const textKeptMs = 1_000;

function registry(): Registry<OpenMetricsContentType> {
  const made = new Registry<OpenMetricsContentType>();
  made.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  return made;
}

let ofProcess: Registry<OpenMetricsContentType> | undefined;

/** Memory, processor, garbage and event loop, from the first time on that somebody asks: until then they cost nothing. */
function processMetrics(): Registry<OpenMetricsContentType> {
  if (ofProcess === undefined) {
    ofProcess = registry();
    collectDefaultMetrics({ register: ofProcess, eventLoopMonitoringPrecision: loopMs });
  }
  return ofProcess;
}

/** The metrics of a service's process, for Prometheus. */
export class PrometheusMetrics implements Metrics {
  readonly #registry = registry();
  readonly #clock: Clock;
  /** What each gauge reads, by its name. */
  readonly #reads = new Map<string, (() => Iterable<Reading>)[]>();
  #text: Promise<string> | undefined;
  #textAtMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics, with those of the process, in OpenMetrics' text. */
  text(): Promise<string> {
    const now = this.#clock.now();
    if (this.#text === undefined || Math.abs(now - this.#textAtMs) >= textKeptMs) {
      // Its types know only the older content type.
      const both = [this.#registry, processMetrics()] as unknown as Registry[];
      this.#text = Registry.merge(both).metrics();
      this.#textAtMs = now;
    }
    return this.#text;
  }

  counter(metric: Metric): (labels?: Labels) => void {
    const counter = this.#named(metric.name, () => new Counter(this.#options(metric))) as Counter;
    return (labels = {}) => counter.inc(labels);
  }

  histogram(metric: Metric): (seconds: number, labels?: Labels) => void {
    const options = { ...this.#options(metric), buckets: [...(metric.buckets ?? callBuckets)] };
    const histogram = this.#named(metric.name, () => new Histogram(options)) as Histogram;
    // A clock that was set back makes no time negative.
    return (seconds, labels = {}) => histogram.observe(labels, Math.max(0, seconds));
  }

  gauge(metric: Metric, read: () => Iterable<Reading>): void {
    const before = this.#reads.get(metric.name);
    if (before !== undefined) {
      before.push(read);
      return;
    }
    const reads = [read];
    this.#reads.set(metric.name, reads);
    const gauge: Gauge = new Gauge({
      ...this.#options(metric),
      collect() {
        gauge.reset();
        for (const { value, labels = {} } of reads.flatMap((each) => [...each()])) gauge.set(labels, value);
      },
    });
  }

  #options({ name, help, labels = [] }: Metric) {
    return { name, help, labelNames: [...labels], registers: [this.#registry] };
  }

  #named(name: string, make: () => unknown): unknown {
    return this.#registry.getSingleMetric(name) ?? make();
  }
}
