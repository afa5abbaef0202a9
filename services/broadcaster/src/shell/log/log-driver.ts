import { type Logger, Notifier, type Ports, sleep } from "@outlayer/kit";
import type { EvidenceLog, HeldLease } from "../../core/ports/evidence-log.ts";
import type { EndedInit, EventInit } from "../../core/workflow/action.ts";
import type { Logged } from "../../core/workflow/state.ts";
import { policyFor, unexpectedErrors } from "./error-policy.ts";
import type { UnreadLogs } from "./unread-logs.ts";

/** Folded state that every kind of log has. */
export interface LogState {
  readonly walletId: string;
  readonly version: number;
  /** When it was opened, milliseconds since the epoch. */
  readonly openedAtMs: number;
  /** Epoch of the lease under which a driver last took the log; 0 before. */
  readonly epoch: bigint;
  readonly ended?: unknown;
}

export type Append = (event: EventInit) => Promise<void>;

/** A log while it is driven. */
export interface OpenLog<S> {
  /** The state as read and written so far. */
  readonly state: S;
  readonly append: Append;
  /** Resolves at the handler's next change, or when the driver is told to stop; at once where the log has unread entries. */
  nextChange(): Promise<void>;
  /** As `nextChange`, with this source in place of the handler's. */
  changeOf(source: Notifier): Promise<void>;
  readonly stopping: AbortSignal;
}

/** Nothing to do before the next change, or ever again. */
type Idle = { readonly kind: "wait" } | { readonly kind: "stop" };

/** A driver's part for one kind of log: folds its events, decides the next action, performs it. */
export interface LogHandler<S extends LogState, A extends { readonly kind: string }> {
  /** Names the kind in log lines. */
  readonly kind: string;
  /** After each change of these the core decides again. */
  readonly changes: readonly Notifier[];
  fold(events: readonly Logged[]): S;
  evolve(state: S, logged: Logged): S;
  /** Called after each read of the log. @returns an event to be written before any action */
  read(state: S): Promise<EventInit | undefined>;
  decide(state: S): Promise<A | Idle>;
  perform(action: A, log: OpenLog<S>): Promise<void>;
  /**
   * Called right before an end is written, and again after a crash in between.
   * @param tell writes an event before the end; resolves to the state after it
   * @returns the event to write: the end, or `settling`
   */
  beforeEnd(state: S, ended: EndedInit, tell: (event: EventInit) => Promise<S>): Promise<EventInit>;
  /** Called after an event was written. */
  written(event: EventInit, state: S): void;
  /**
   * Frees places and keys for other workflows, after an unexpected error.
   * @param state at the time of the error; undefined where the log could not be read
   */
  letGo(state: S | undefined): void;
  /** @returns the end after too many unexpected errors; undefined where something may have been sent */
  giveUp(state: S): EventInit | undefined;
  /** Called once the log has ended. */
  leave(state: S): void;
}

/** Told of each end that a driver has written. @param seconds since the workflow was opened */
export type NoteEnd = (end: EndedInit, seconds: number) => void;

export interface LogDriverDeps {
  readonly evidence: Pick<EvidenceLog, "read" | "append">;
  readonly lease: HeldLease;
  readonly unread: UnreadLogs;
  /** Names this process in the logs that it takes on. */
  readonly driverId: string;
  readonly ports: Pick<Ports, "clock" | "timers">;
  readonly logger: Logger;
  readonly noteEnd: NoteEnd;
}

/** A driver of a log of any kind. */
export interface Driver {
  /** Tells the driver that its log has grown. @param version of the log; the driver itself may have written it */
  heed(version?: number): void;
  /** Runs until the log has ended or the signal is aborted. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Drives one log to its end: folds it, has the next action decided and performed, and appends the outcome. Under its lease the
 * driver is the only writer, besides the planner's first event and a caller's wish to cancel. Should another driver write all the
 * same, the log refuses one of the two, and the refused driver folds anew.
 */
export class LogDriver<S extends LogState, A extends { readonly kind: string }> implements Driver {
  readonly #requestId: string;
  readonly #handler: LogHandler<S, A>;
  readonly #deps: LogDriverDeps;
  readonly #told = new Notifier();
  #state: S | undefined;
  /** The log as its kind was found out: it need not be read twice. */
  #begun: readonly Logged[] | undefined;
  /** Version of the log as last read or written, kept while the log is to be read again. */
  #knownVersion = 0;
  /** The latest version that the driver was told of; infinite where no version was named. */
  #heardVersion = 0;
  /** Unexpected errors since the log's last progress, or since long without one. */
  #unexpected = { times: 0, lastMs: 0 };
  /** Ends the pause after an unexpected error. */
  #wake = new AbortController();

  /** @param begun the log as it was read just now */
  constructor(requestId: string, handler: LogHandler<S, A>, deps: LogDriverDeps, begun?: readonly Logged[]) {
    this.#requestId = requestId;
    this.#handler = handler;
    this.#deps = deps;
    this.#begun = begun;
  }

  heed(version = Number.POSITIVE_INFINITY): void {
    if (version <= this.#knownVersion) return;
    this.#heardVersion = Math.max(this.#heardVersion, version);
    this.#told.notify();
    this.#wake.abort();
  }

  async run(signal: AbortSignal): Promise<void> {
    const log = this.#open(signal);
    while (!signal.aborted) {
      try {
        if (this.#isBehind) this.#state = undefined;
        if (this.#state === undefined) await this.#load();
        const hopeless = this.#unexpected.times >= unexpectedErrors.most ? this.#handler.giveUp(log.state) : undefined;
        if (hopeless !== undefined) await log.append(hopeless);
        const action = await this.#handler.decide(log.state);
        if (!isIdle(action)) await this.#handler.perform(action, log);
        else if (action.kind === "wait") await log.nextChange();
        else return this.#handler.leave(log.state);
      } catch (error) {
        if (signal.aborted) return;
        await this.#pauseAfter(error, log);
      }
    }
  }

  #open(stopping: AbortSignal): OpenLog<S> {
    return new Open(
      () => this.#current,
      (event) => this.#append(event),
      (source) => this.#changeOf(source === undefined ? this.#handler.changes : [source], stopping),
      stopping,
    );
  }

  get #isBehind(): boolean {
    return this.#heardVersion > this.#knownVersion;
  }

  get #current(): S {
    if (this.#state === undefined) throw new Error("the log has not been read");
    return this.#state;
  }

  async #load(): Promise<void> {
    // The read covers every version heard before. A version heard meanwhile is behind only if later than the one read.
    this.#heardVersion = 0;
    const log = this.#begun ?? (await this.#deps.evidence.read(this.#requestId));
    this.#begun = undefined;
    const state = this.#handler.fold(log);
    const event = await this.#handler.read(state);
    this.#state = state;
    this.#knownVersion = state.version;
    const { lease, unread } = this.#deps;
    const requestId = this.#requestId;
    if (state.ended !== undefined) return unread.noteRead(requestId);
    try {
      // An append of the term before that is still under way stands before this one, or is refused.
      if (state.epoch === 0n || (unread.has(requestId) && state.epoch !== lease.epoch)) await this.#take();
      unread.noteRead(requestId);
      if (event !== undefined) await this.#append(event);
    } catch (error) {
      // Loads again: `event` has to be written before any action.
      this.#state = undefined;
      throw error;
    }
  }

  async #pauseAfter(error: unknown, log: OpenLog<S>): Promise<void> {
    const { ports, logger } = this.#deps;
    const policy = policyFor(error);
    const known = this.#state;
    if (!policy?.keepsState) this.#state = undefined;
    const level = policy === undefined ? "error" : policy.logLevel;
    const about = { err: error, request_id: this.#requestId };
    if (level !== undefined) logger[level](about, `driving ${this.#handler.kind} failed`);
    if (policy === undefined) {
      this.#handler.letGo(known);
      this.#wake = new AbortController();
      await sleep(ports.timers, this.#growingPauseMs(), AbortSignal.any([log.stopping, this.#wake.signal]));
    } else if (policy.pause === "next_change") await log.nextChange();
    else await sleep(ports.timers, policy.pause, log.stopping);
  }

  #growingPauseMs(): number {
    const { firstPauseMs, longestPauseMs, forgottenAfterMs } = unexpectedErrors;
    const now = this.#deps.ports.clock.now();
    const times = now - this.#unexpected.lastMs > forgottenAfterMs ? 0 : this.#unexpected.times;
    this.#unexpected = { times: times + 1, lastMs: now };
    return Math.min(longestPauseMs, firstPauseMs * 2 ** times);
  }

  /** This term's first append to the log is `taken`, which names the driver. */
  async #append(event: EventInit): Promise<void> {
    if (this.#current.epoch !== this.#deps.lease.epoch) await this.#take();
    if (event.case !== "ended") return this.#write(event);
    const tell = async (before: EventInit) => {
      await this.#write(before);
      return this.#current;
    };
    return this.#write(await this.#handler.beforeEnd(this.#current, event.value, tell));
  }

  #take(): Promise<void> {
    const { driverId, lease } = this.#deps;
    return this.#write({ case: "taken", value: { driverId, epoch: lease.epoch } });
  }

  async #write(event: EventInit): Promise<void> {
    const { evidence, ports, logger } = this.#deps;
    const before = this.#current;
    const logged = await evidence.append(this.#requestId, before.version, event, ports.clock.now());
    const about = { request_id: this.#requestId, wallet_id: before.walletId };
    logger.info({ ...about, event: event.case, version: logged.version }, "appended");
    this.#state = this.#handler.evolve(before, logged);
    this.#knownVersion = logged.version;
    if (!isBeforeSending(event)) this.#unexpected = { times: 0, lastMs: 0 };
    this.#handler.written(event, this.#state);
    if (event.case === "ended") this.#deps.noteEnd(event.value, (logged.atMs - before.openedAtMs) / 1000);
  }

  #changeOf(sources: readonly Notifier[], stopping: AbortSignal): Promise<void> {
    // The driver may have been told before it began to wait.
    return this.#isBehind ? Promise.resolve() : Notifier.next([...sources, this.#told], stopping);
  }
}

/** A class, since each object with a getter of its own would have a shape of its own. */
class Open<S> implements OpenLog<S> {
  readonly #current: () => S;
  readonly append: Append;
  readonly #change: (source?: Notifier) => Promise<void>;
  readonly stopping: AbortSignal;

  constructor(current: () => S, append: Append, change: (source?: Notifier) => Promise<void>, stopping: AbortSignal) {
    this.#current = current;
    this.append = append;
    this.#change = change;
    this.stopping = stopping;
  }

  get state(): S {
    return this.#current();
  }

  nextChange(): Promise<void> {
    return this.#change();
  }

  changeOf(source: Notifier): Promise<void> {
    return this.#change(source);
  }
}

const beforeSending = [
  "taken",
  "waiting",
  "policyAllowed",
  "admitted",
  "signingPrepared",
  "signed",
  "signaturesDiscarded",
];

/** Whether an event stands before anything is sent: it says nothing against more of the same errors. */
function isBeforeSending({ case: kind }: EventInit): boolean {
  return beforeSending.includes(kind);
}

function isIdle(action: { readonly kind: string }): action is Idle {
  return action.kind === "wait" || action.kind === "stop";
}
