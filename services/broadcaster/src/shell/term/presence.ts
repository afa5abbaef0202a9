import { type Bus, type Disposer, deadline, type Logger, Notifier, type Ports } from "@outlayer/kit";
import { leaseSubject, presenceLease } from "@outlayer/workflow";
import { type EvidenceLog, type HeldLease, LogMoved } from "../../core/ports/evidence-log.ts";
import { type Overview, overviewAfter } from "../../core/term/overview.ts";

/** Renewals and lists within a lease's time: more than one, so that one lost answer costs nothing. */
const perLease = 3;

/** Pause before asking again where evidence gives no answer, milliseconds. */
const awayMs = 500;

/** The shortest pause between two lists that nobody asked for, milliseconds. */
const shortestMs = 50;

export interface PresenceDeps {
  readonly evidence: Pick<EvidenceLog, "acquireLease" | "renewLease" | "releaseLease" | "listLeases">;
  readonly ports: Pick<Ports, "clock" | "timers">;
  readonly logger: Logger;
  readonly bus: Bus;
  /** Unique for this start of this process. */
  readonly holderId: string;
  readonly ttlMs: number;
  /** How long a list may be acted upon. */
  readonly freshMs: number;
}

/**
 * Shows the other broadcasters that this one is alive, by a lease of its own, and sees which of them are. Nothing is written under
 * that lease. Where evidence gives no answer, the overview grows old, and nobody acts upon it.
 */
export class Presence {
  /** Notifies of each new overview. */
  readonly changes = new Notifier();
  readonly holderId: string;
  readonly #deps: PresenceDeps;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #lease: HeldLease | undefined;
  #renewedAtMs = 0;
  #overview: Overview | undefined;
  /** Ends the pause before the next list. */
  readonly #told = new Notifier();
  #isTold = false;

  constructor(deps: PresenceDeps) {
    this.#deps = deps;
    this.holderId = deps.holderId;
  }

  /** As of the latest list; undefined before the first one. */
  get overview(): Overview | undefined {
    return this.#overview;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Gives the lease back: the others count on this process no more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    if (this.#lease === undefined) return;
    try {
      await this.#deps.evidence.releaseLease(this.#lease, this.holderId);
      this.#tell();
    } catch (error) {
      this.#deps.logger.warn({ err: error, resource: this.#lease.resource }, "the presence could not be given back");
    }
  }

  async #run(): Promise<void> {
    const { bus, ports, logger, ttlMs } = this.#deps;
    const { signal } = this.#stopping;
    const unsubscribe: Disposer = bus.subscribe(leaseSubject, () => {
      this.#isTold = true;
      this.#told.notify();
    });
    while (!signal.aborted) {
      // What is told while a list is under way may not be in it.
      this.#isTold = false;
      let pauseMs = ttlMs / perLease;
      try {
        await this.#beThere();
        pauseMs = Math.min(pauseMs, await this.#look());
      } catch (error) {
        logger.debug({ err: error }, "the other broadcasters could not be seen");
        pauseMs = Math.min(pauseMs, awayMs);
      }
      if (this.#isTold) continue;
      const pause = deadline(ports.timers, pauseMs, signal);
      await Notifier.next([this.#told], pause.signal);
      pause.done();
    }
    unsubscribe();
  }

  /** Takes the lease, or renews it where that is due. */
  async #beThere(): Promise<void> {
    const { evidence, ports, ttlMs } = this.#deps;
    const nowMs = ports.clock.now();
    const resource = presenceLease(this.holderId);
    if (this.#lease !== undefined) {
      const isDue = nowMs < this.#renewedAtMs || nowMs - this.#renewedAtMs >= ttlMs / (2 * perLease);
      if (!isDue) return;
      try {
        await evidence.renewLease(this.#lease, this.holderId, ttlMs);
        this.#renewedAtMs = nowMs;
        return;
      } catch (error) {
        if (!(error instanceof LogMoved)) throw error;
        this.#lease = undefined;
      }
    }
    const answer = await evidence.acquireLease(resource, this.holderId, ttlMs);
    if (answer.kind !== "taken") throw new Error(`${resource} is another's`);
    this.#lease = { resource, epoch: answer.epoch };
    this.#renewedAtMs = nowMs;
    this.#tell();
  }

  /** @returns the time until the next lease ends that nobody renews, milliseconds */
  async #look(): Promise<number> {
    const { evidence, ports, freshMs } = this.#deps;
    const askedAtMs = ports.clock.now();
    const leases = await evidence.listLeases();
    const times = { askedAtMs, answeredAtMs: ports.clock.now() };
    this.#overview = overviewAfter(this.#overview, leases, times, freshMs);
    this.changes.notify();
    const others = leases.filter(({ holderId }) => holderId !== this.holderId);
    return Math.max(shortestMs, Math.min(...others.map(({ remainingMs }) => remainingMs + 5)));
  }

  #tell(): void {
    if (this.#lease !== undefined) {
      this.#deps.bus.publish(leaseSubject, new TextEncoder().encode(this.#lease.resource));
    }
  }
}
