import { type Bus, type Disposer, type Logger, type Ports, sleep } from "@outlayer/kit";
import { leaseSubject } from "@outlayer/workflow";
import { type EvidenceLog, type HeldLease, LogMoved } from "../../core/ports/evidence-log.ts";

/** Renewals within a lease's time: more than one, so that one lost answer costs nothing. */
const renewals = 3;

/** Pause before asking again where evidence gives no answer, milliseconds. */
const awayMs = 500;

export interface LeaseKeeperDeps {
  readonly evidence: EvidenceLog;
  readonly ports: Ports;
  readonly logger: Logger;
  readonly bus: Bus;
  readonly resource: string;
  /** Unique for this start of this process. */
  readonly holderId: string;
  readonly ttlMs: number;
}

/** What runs while the lease is held. */
export interface Term {
  /** Resolves once nothing of the term runs any more. */
  stop(): Promise<void>;
}

/**
 * Takes a lease whenever nobody has it, and runs a term for as long as the lease is held. A term's time is counted from before the
 * lease was asked for, by this process's own clock, so the term ends here before another process can take the lease. Should this
 * process stand still beyond that time, evidence refuses what it writes afterwards.
 */
export class LeaseKeeper {
  readonly #deps: LeaseKeeperDeps;
  readonly #begin: (lease: HeldLease) => Term;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #epoch: bigint | undefined;

  /** @param begin starts a term, which reads everything anew */
  constructor(deps: LeaseKeeperDeps, begin: (lease: HeldLease) => Term) {
    this.#deps = deps;
    this.#begin = begin;
  }

  /** The lease's name. */
  get resource(): string {
    return this.#deps.resource;
  }

  /** Epoch of the running term; undefined where this process stands by. */
  get epoch(): bigint | undefined {
    return this.#epoch;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Ends the term, then gives the lease back. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { evidence, ports, logger, resource, holderId, ttlMs } = this.#deps;
    const { signal } = this.#stopping;
    let isStandingBy = false;
    while (!signal.aborted) {
      const askedAtMs = ports.clock.now();
      try {
        const answer = await evidence.acquireLease(resource, holderId, ttlMs);
        if (answer.kind === "taken") {
          isStandingBy = false;
          await this.#hold({ resource, epoch: answer.epoch }, askedAtMs + ttlMs);
          continue;
        }
        if (!isStandingBy) logger.info({ resource }, "another broadcaster drives: standing by");
        isStandingBy = true;
        await this.#freed(answer.remainingMs);
      } catch (error) {
        logger.debug({ err: error, resource }, "the lease could not be asked for");
        await sleep(ports.timers, awayMs, signal);
      }
    }
  }

  async #hold(lease: HeldLease, untilMs: number): Promise<void> {
    const { evidence, logger, bus, holderId } = this.#deps;
    const { signal } = this.#stopping;
    logger.info({ resource: lease.resource, epoch: Number(lease.epoch) }, "driving");
    this.#epoch = lease.epoch;
    const term = this.#begin(lease);
    // A decision made in time may be written late: then evidence accepts or refuses the append.
    const goodUntilMs = await this.#keep(lease, untilMs, signal);
    if (!signal.aborted) logger.warn({ resource: lease.resource, epoch: Number(lease.epoch) }, "the lease is lost");
    const stopped = new AbortController();
    // Work under way still writes under the lease, and may outlast it: so the lease is renewed meanwhile.
    const kept = signal.aborted ? this.#keep(lease, goodUntilMs, stopped.signal) : undefined;
    await term.stop();
    stopped.abort();
    await kept;
    this.#epoch = undefined;
    if (!signal.aborted) return;
    try {
      await evidence.releaseLease(lease, holderId);
      bus.publish(leaseSubject, new TextEncoder().encode(lease.resource));
    } catch (error) {
      logger.warn({ err: error, resource: lease.resource }, "the lease could not be given back: it runs out by itself");
    }
  }

  /** Renews the lease until it is lost, its time is over, or the signal. @returns until when it is good */
  async #keep(lease: HeldLease, firstUntilMs: number, signal: AbortSignal): Promise<number> {
    const { evidence, ports, logger, holderId, ttlMs } = this.#deps;
    let untilMs = firstUntilMs;
    let pauseMs = ttlMs / renewals;
    while (!signal.aborted) {
      await sleep(ports.timers, Math.max(0, Math.min(pauseMs, untilMs - ports.clock.now())), signal);
      const askedAtMs = ports.clock.now();
      if (signal.aborted || askedAtMs >= untilMs) return untilMs;
      try {
        await this.#inTime(untilMs, evidence.renewLease(lease, holderId, ttlMs));
        untilMs = askedAtMs + ttlMs;
        pauseMs = ttlMs / renewals;
      } catch (error) {
        if (error instanceof LogMoved) return untilMs;
        logger.warn({ err: error, resource: lease.resource }, "the lease could not be renewed");
        pauseMs = Math.min(awayMs, ttlMs / (4 * renewals));
      }
    }
    return untilMs;
  }

  /** An answer that comes after the lease's time is over is no answer. */
  async #inTime(untilMs: number, answer: Promise<void>): Promise<void> {
    const { timers, clock } = this.#deps.ports;
    const over = new AbortController();
    const late = sleep(timers, Math.max(0, untilMs - clock.now()), over.signal).then(() => {
      if (!over.signal.aborted) throw new Error("no answer while the lease was good");
    });
    try {
      await Promise.race([answer, late]);
    } finally {
      over.abort();
      answer.catch(() => {});
      late.catch(() => {});
    }
  }

  /** Waits until the lease's time is over, or the bus says that it was given back. */
  async #freed(remainingMs: number): Promise<void> {
    const { ports, bus, resource, ttlMs } = this.#deps;
    const told = new AbortController();
    const unsubscribe: Disposer = bus.subscribe(leaseSubject, (data) => {
      if (new TextDecoder().decode(data) === resource) told.abort();
    });
    const wake = AbortSignal.any([told.signal, this.#stopping.signal]);
    // The bus may lose the message, so the lease is asked for now and then.
    await sleep(ports.timers, Math.max(10, Math.min(remainingMs + 5, ttlMs / renewals)), wake);
    unsubscribe();
  }
}
