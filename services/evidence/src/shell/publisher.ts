import { type CallContext, inContext, type Logger, ownContext, type Ports, sleep } from "@outlayer/kit";
import { UnsuitableStream } from "../adapters/nats/ensure-stream.ts";
import type { Position, ProgressStream } from "../adapters/nats/progress-stream.ts";
import type { WorkflowLog } from "../core/log.ts";
import type { EvidenceStore } from "../core/store.ts";

/** Workflows that are published concurrently. Versions of one workflow go one after the other. */
const atOnce = 16;
/** Workflows in the queue. The sweep finds those beyond it. */
const maxDue = 10_000;
/** Interval of sweeps, milliseconds. */
const sweepMs = 2000;
/** Head start of the process that appended an entry before other processes publish it; milliseconds. */
const quietMs = 3000;
const pageSize = 500;
/** How often the stream may refuse a version without showing another one in its place, and the pause between; milliseconds. */
const maxStuck = 10;
const stuckMs = 50;
/** Time to publish the last entries when the service stops, milliseconds. */
const lastMs = 3000;

export interface PublisherDeps {
  readonly stream: Pick<ProgressStream, "isAway" | "isUp" | "onConnect" | "makeReady" | "last" | "publish">;
  readonly store: EvidenceStore;
  readonly log: WorkflowLog;
  readonly ports: Pick<Ports, "clock" | "timers" | "random">;
  readonly logger: Logger;
}

/** A workflow to publish. */
interface Due {
  /** The trace context of its event. */
  readonly context: CallContext;
  /** The version up to which its log has to be read; undefined for as far as the store has it. */
  readonly version: number | undefined;
}

/** What is known of an event that has to be published. */
export interface Told {
  readonly walletId: string;
  readonly version: number;
}

/**
 * Publishes every version of every log to the stream: new entries at once, and those that nobody published (a process died, NATS
 * was away) by a sweep over the store. It asks the stream for its last version and continues from there with the log, so
 * publishing a workflow twice does no harm. No caller waits for it.
 */
export class Publisher {
  readonly #deps: PublisherDeps;
  readonly #stopping = new AbortController();
  /** Workflows to publish. */
  readonly #due = new Map<string, Due>();
  readonly #running = new Map<string, Promise<void>>();
  /** By workflow: the published version, not yet noted in the store. */
  readonly #published = new Map<string, number>();
  #sweeping: Promise<void> | undefined;
  #news = new AbortController();
  /** The request id after which the next sweep goes on. */
  #after = "";
  /** The trouble that was logged last. */
  #trouble: string | undefined;
  /** Results since the last sweep. */
  #since = { failed: false, published: false };

  constructor(deps: PublisherDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#deps.stream.onConnect(() => this.#news.abort());
    this.#sweeping = this.#run();
  }

  /**
   * Publishes new versions of a workflow: now, or when the stream can be reached.
   * @param told the event, where this process has appended it
   */
  tell(requestId: string, told?: Told): void {
    const fields = { request_id: requestId, ...(told === undefined ? {} : { wallet_id: told.walletId }) };
    const context = ownContext(fields, this.#deps.ports.random);
    const before = this.#due.get(requestId);
    // The sweep's wish to ask the store stays.
    const isAsked = told === undefined || (before !== undefined && before.version === undefined);
    const version = isAsked ? undefined : Math.max(told.version, before?.version ?? 0);
    if (this.#due.size < maxDue) this.#due.set(requestId, { context, version });
    this.#pump();
  }

  /** Publishes the queue, as far as NATS takes it, and notes it in the store. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const finished = new AbortController();
    const limit = sleep(this.#deps.ports.timers, lastMs, finished.signal).then(() => finished.abort());
    await Promise.race([limit, this.#sweeping]);
    while (this.#running.size > 0 && !finished.signal.aborted) await Promise.race([limit, ...this.#running.values()]);
    finished.abort();
    this.#due.clear();
    // Without the note the next process finds in the stream that all is published.
    await this.#note().catch(() => {});
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#news = new AbortController();
      try {
        await this.#sweep();
      } catch (error) {
        this.#report(error);
      }
      await sleep(this.#deps.ports.timers, sweepMs, AbortSignal.any([signal, this.#news.signal]));
    }
  }

  async #sweep(): Promise<void> {
    const { stream, store, ports } = this.#deps;
    this.#lookBack();
    await this.#note();
    if (!stream.isUp) await stream.makeReady();
    if (!stream.isUp || this.#stopping.signal.aborted) return;
    this.#pump();
    const unpublished = await store.listUnpublished(ports.clock.now() - quietMs, this.#after, pageSize);
    this.#after = unpublished.length < pageSize ? "" : (unpublished.at(-1) ?? "");
    for (const requestId of unpublished) this.tell(requestId);
  }

  /** Notes published versions in the store: per sweep, since a write for each message would slow the appends. */
  async #note(): Promise<void> {
    if (this.#published.size === 0) return;
    const published = new Map(this.#published);
    // If this fails, the sweep finds in the stream that all is published.
    this.#published.clear();
    await this.#deps.store.markPublished(published);
  }

  #pump(): void {
    if (!this.#deps.stream.isUp) return;
    for (const [requestId, { context, version }] of this.#due) {
      if (this.#running.size >= atOnce) return;
      if (this.#running.has(requestId)) continue;
      this.#due.delete(requestId);
      const run = inContext(context, () => this.#publish(requestId, version)).then(() => {
        this.#running.delete(requestId);
        this.#pump();
      });
      this.#running.set(requestId, run);
    }
  }

  async #publish(requestId: string, told: number | undefined): Promise<void> {
    try {
      this.#published.set(requestId, await this.#catchUp(requestId, told));
      this.#since.published = true;
    } catch (error) {
      this.#report(error);
    }
  }

  /** @returns the version up to which the workflow is published */
  async #catchUp(requestId: string, told: number | undefined): Promise<number> {
    const { stream, ports } = this.#deps;
    let last = await stream.last(requestId);
    let stuck = 0;
    while (stuck < maxStuck) {
      const reached = await this.#append(requestId, last, told);
      if (reached !== undefined) return reached.version;
      // Another process was faster, or is publishing now: its message may not be visible yet.
      const { sequence } = last;
      last = await stream.last(requestId);
      stuck = last.sequence === sequence ? stuck + 1 : 0;
      if (stuck > 0) await sleep(ports.timers, stuckMs, this.#stopping.signal);
    }
    throw new Error("the stream refuses the next version");
  }

  /** Publishes the log's versions after a position; undefined once another process turns out to be faster. */
  async #append(requestId: string, from: Position, told: number | undefined): Promise<Position | undefined> {
    const { stream, log } = this.#deps;
    let last = from;
    for (const progress of await log.progress(requestId, from.version, told)) {
      const next = await stream.publish(progress, last);
      if (next === undefined) return undefined;
      last = next;
    }
    return last;
  }

  /** Logs each trouble once. That NATS is away, its client logs. */
  #report(error: unknown): void {
    this.#since.failed = true;
    if (this.#deps.stream.isAway || this.#stopping.signal.aborted) return;
    const trouble = error instanceof Error ? error.message : String(error);
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    const level = error instanceof UnsuitableStream ? "error" : "warn";
    this.#deps.logger[level]({ err: error }, "progress is not published: the sweep tries again");
  }

  /** Logs the recovery, once nothing has failed from one sweep to the next. */
  #lookBack(): void {
    const { failed, published } = this.#since;
    this.#since = { failed: false, published: false };
    if (this.#trouble === undefined || failed || !published) return;
    this.#trouble = undefined;
    this.#deps.logger.info("progress is published again");
  }
}
