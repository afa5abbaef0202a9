import { type Bus, deadline, type Logger, Notifier, type Ports, sleep } from "@outlayer/kit";
import { leaseSubject } from "@outlayer/workflow";
import {
  type EvidenceLog,
  type GateStanding,
  type HeldLease,
  type LeaseAnswer,
  LogMoved,
} from "../../core/ports/evidence-log.ts";
import type { Overview } from "../../core/term/overview.ts";
import {
  type Awaited,
  type Decision,
  decide,
  hasLetLie,
  type Preference,
  preferenceAfter,
  type ShareTimes,
} from "../../core/term/share.ts";
import type { HandOvers } from "./hand-overs.ts";
import type { Presence } from "./presence.ts";

/** Renewals within a lease's time: more than one, so that one lost answer costs nothing. */
const renewals = 3;

/** Pause before asking again where evidence gives no answer, milliseconds. */
const awayMs = 500;

export interface LeaseKeeperDeps {
  readonly evidence: Pick<EvidenceLog, "acquireLease" | "renewLease" | "releaseLease">;
  readonly ports: Pick<Ports, "clock" | "timers">;
  readonly logger: Logger;
  readonly bus: Bus;
  /** The partition. */
  readonly resource: string;
  readonly ttlMs: number;
  readonly times: ShareTimes;
  /** Of this process; shared by the keepers of all partitions, as are hand-overs. */
  readonly presence: Pick<Presence, "holderId" | "overview" | "changes">;
  readonly handOvers: HandOvers;
}

/** What runs while the lease is held. */
export interface Term {
  /** Resolves once nothing of the term runs any more. */
  stop(): Promise<void>;
  /** What is told with each renewal of the lease; undefined: nothing. */
  readonly standing?: GateStanding | undefined;
}

/**
 * Takes a partition's lease where it is this process's turn, runs a term for as long as the lease is held, and hands the partition
 * over to the broadcaster that it belongs to by now. A term's time is counted from before the lease was asked for, by this process's
 * own clock, so the term ends here before another process can take the lease. Should this process stand still beyond that time,
 * evidence refuses what it writes afterwards. A lease that is given up is renewed until its term has stopped.
 */
export class LeaseKeeper {
  readonly #deps: LeaseKeeperDeps;
  readonly #begin: (lease: HeldLease) => Term;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #epoch: bigint | undefined;
  /** Until then another process is known to hold the lease. */
  #freeSinceMs = 0;
  /** Who is to take the lease that nobody holds. */
  #awaited: Awaited | undefined;
  readonly #passedOver = new Set<string>();
  #preference: Preference | undefined;
  /** The overview that is taken in. */
  #seen: Overview | undefined;

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
    this.#freeSinceMs = this.#deps.ports.clock.now();
    this.#running = this.#run();
  }

  /** Ends the term, then gives the lease back. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { evidence, ports, logger, resource, presence, ttlMs } = this.#deps;
    const { signal } = this.#stopping;
    let isStandingBy = false;
    const standBy = () => {
      if (!isStandingBy) logger.info({ resource }, "another broadcaster drives: standing by");
      isStandingBy = true;
    };
    while (!signal.aborted) {
      const decision = this.#decide();
      if (decision.kind !== "take") {
        if (ports.clock.now() < this.#freeSinceMs) standBy();
        await this.#news(decision, signal);
        continue;
      }
      const askedAtMs = ports.clock.now();
      let answer: LeaseAnswer;
      try {
        answer = await evidence.acquireLease(resource, presence.holderId, ttlMs);
      } catch (error) {
        logger.debug({ err: error, resource }, "the lease could not be asked for");
        await sleep(ports.timers, awayMs, signal);
        continue;
      }
      if (answer.kind === "held") {
        standBy();
        this.#freeSinceMs = ports.clock.now() + answer.remainingMs;
        continue;
      }
      isStandingBy = false;
      this.#noteTakenBy(presence.holderId, askedAtMs);
      try {
        await this.#hold({ resource, epoch: answer.epoch }, askedAtMs + ttlMs);
      } catch (error) {
        // The lease is not given back: something of the term may still run. It runs out by itself.
        logger.error({ err: error, resource }, "a term failed");
        await sleep(ports.timers, ttlMs, signal);
      }
      this.#freeSinceMs = ports.clock.now();
    }
  }

  async #hold(lease: HeldLease, untilMs: number): Promise<void> {
    const { evidence, logger, bus, ports, presence, handOvers } = this.#deps;
    const { resource } = lease;
    const told = { resource, epoch: Number(lease.epoch) };
    logger.info(told, "driving");
    const term = this.#begin(lease);
    this.#epoch = lease.epoch;
    const handingOver = new AbortController();
    const wanted = AbortSignal.any([this.#stopping.signal, handingOver.signal]);
    const lost = new AbortController();
    const watched = this.#handOver(AbortSignal.any([wanted, lost.signal]), (to) => {
      handOvers.begin(resource, ports.clock.now());
      logger.info({ ...told, to }, "handing over to the broadcaster that the partition belongs to");
      handingOver.abort();
    });
    // A decision made in time may be written late: then evidence accepts or refuses the append.
    const goodUntilMs = await this.#keep(lease, term, untilMs, wanted);
    const isGivenUp = wanted.aborted;
    lost.abort();
    await watched;
    if (!isGivenUp) logger.warn(told, "the lease is lost");
    const stopped = new AbortController();
    // Work under way still writes under the lease, and may outlast it: so the lease is renewed meanwhile.
    const kept = isGivenUp ? this.#keep(lease, term, goodUntilMs, stopped.signal) : undefined;
    try {
      await term.stop();
    } finally {
      stopped.abort();
      await kept;
      this.#epoch = undefined;
    }
    if (!isGivenUp) return;
    try {
      await evidence.releaseLease(lease, presence.holderId);
      bus.publish(leaseSubject, new TextEncoder().encode(resource));
    } catch (error) {
      logger.warn({ err: error, resource }, "the lease could not be given back: it runs out by itself");
    }
  }

  /** Calls `begin` once the partition is to be handed over, unless the signal is aborted before. */
  async #handOver(signal: AbortSignal, begin: (to: string) => void): Promise<void> {
    while (!signal.aborted) {
      const decision = this.#decide();
      if (decision.kind === "hand_over") return begin(decision.to);
      await this.#news(decision, signal);
    }
  }

  #decide(): Decision {
    const { ports, resource, presence, handOvers, times } = this.#deps;
    const nowMs = ports.clock.now();
    this.#takeIn(nowMs);
    const decision = decide({
      partition: resource,
      me: presence.holderId,
      nowMs,
      overview: presence.overview,
      passedOver: this.#passedOver,
      lease:
        this.#epoch === undefined
          ? { kind: "not_held", freeSinceMs: this.#freeSinceMs }
          : { kind: "held", preference: this.#preference },
      handOver: handOvers.current,
      times,
    });
    if (decision.kind === "wait" && decision.awaited !== undefined && decision.awaited !== this.#awaited?.holderId) {
      this.#awaited = { holderId: decision.awaited, sinceMs: nowMs };
    }
    return decision;
  }

  /** Notes what the latest list says of the partition. */
  #takeIn(nowMs: number): void {
    const { resource, presence, ttlMs } = this.#deps;
    const { overview } = presence;
    if (overview !== undefined && overview !== this.#seen) {
      this.#seen = overview;
      for (const holderId of this.#passedOver) {
        if (!overview.seenSinceMs.has(holderId)) this.#passedOver.delete(holderId);
      }
      this.#preference = preferenceAfter(this.#preference, resource, overview, this.#passedOver);
      const holder = overview.held.get(resource);
      if (this.#epoch !== undefined) return;
      if (holder === undefined || holder.holderId === presence.holderId) {
        this.#freeSinceMs = Math.min(this.#freeSinceMs, overview.asOfMs);
      } else {
        this.#noteTakenBy(holder.holderId, nowMs);
        this.#freeSinceMs = holder.untilMs;
      }
    }
    // A clock that was set back must not make of it a time that never comes.
    this.#freeSinceMs = Math.min(this.#freeSinceMs, nowMs + ttlMs);
  }

  /** Whoever let the partition lie until another one took it, is no longer waited for. */
  #noteTakenBy(holderId: string, nowMs: number): void {
    const { resource, ttlMs, presence, handOvers } = this.#deps;
    const awaited = this.#awaited;
    this.#awaited = undefined;
    handOvers.end(resource);
    if (awaited === undefined || awaited.holderId === holderId || awaited.holderId === presence.holderId) return;
    const { overview } = presence;
    if (!hasLetLie(awaited, { freeSinceMs: this.#freeSinceMs, nowMs, overview }, ttlMs)) return;
    this.#passedOver.add(awaited.holderId);
    // Whom it belongs to now, the next list says.
    this.#preference = undefined;
  }

  /** Waits for what may change a decision. */
  async #news(decision: Decision, signal: AbortSignal): Promise<void> {
    const { ports, presence, handOvers, ttlMs } = this.#deps;
    const untilMs = "untilMs" in decision ? decision.untilMs : 0;
    // Never long, whatever the clock does meanwhile.
    const ms = Math.max(1, Math.min(untilMs - ports.clock.now(), ttlMs / renewals));
    const pause = deadline(ports.timers, ms, signal);
    await Notifier.next([presence.changes, handOvers.changes], pause.signal);
    pause.done();
  }

  /** Renews the lease until it is lost, its time is over, or the signal. @returns until when it is good */
  async #keep(lease: HeldLease, term: Term, firstUntilMs: number, signal: AbortSignal): Promise<number> {
    const { evidence, ports, logger, presence, ttlMs } = this.#deps;
    let untilMs = firstUntilMs;
    // Little of its time may be left: an answer came late, or renewals have failed so far.
    let pauseMs = Math.min(ttlMs / renewals, untilMs - ttlMs + ttlMs / renewals - ports.clock.now());
    while (!signal.aborted) {
      await sleep(ports.timers, Math.max(0, Math.min(pauseMs, untilMs - ports.clock.now())), signal);
      const askedAtMs = ports.clock.now();
      if (signal.aborted || askedAtMs >= untilMs) return untilMs;
      try {
        await this.#inTime(untilMs, evidence.renewLease(lease, presence.holderId, ttlMs, term.standing));
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
}
