import { type Bus, type Disposer, inContext, noteInContext, ownContext, type Ports, sleep } from "@outlayer/kit";
import { workSubject } from "@outlayer/workflow";
import type { EvidenceLog, GateStanding, OpenWorkflow } from "../../core/ports/evidence-log.ts";
import type { Logged } from "../../core/workflow/state.ts";
import type { Driver, LogDriverDeps } from "../log/log-driver.ts";
import type { PolicyLine } from "../policy/policy-line.ts";
import type { Term } from "./lease-keeper.ts";
import { type OpenLists, sweepMs } from "./open-lists.ts";

/**
 * Of so many sweeps one lists all open workflows, also those that the bus and the recent changes have left out: evidence's
 * processes may have clocks that differ by more.
 */
const wholeEvery = 15;

/** Drivers begun in a row: thousands at once would keep the process from everything else, its lease included, for seconds. */
const begunInARow = 64;

export type WorkerNeeds = Omit<LogDriverDeps, "evidence" | "ports"> & {
  readonly evidence: Pick<EvidenceLog, "read" | "append">;
  /** Shared by the terms of all partitions. */
  readonly lists: Pick<OpenLists, "join" | "leave" | "whole" | "recent">;
  readonly policyLine: Pick<PolicyLine, "endTerm">;
  readonly ports: Pick<Ports, "clock" | "timers" | "random">;
};

/** What is done with the workflows of a partition. */
export interface Work {
  /** Called with all open workflows, before any of them is driven. */
  start(requestIds: ReadonlySet<string>): Promise<void>;
  /** Runs beside the drivers, until the signal is aborted. */
  run(signal: AbortSignal): Promise<void>;
  /** What is told of the gate. */
  readonly standing?: GateStanding | undefined;
  /** @param log as it was read just now */
  driver(requestId: string, log: readonly Logged[]): Driver;
}

/** Finds the open workflows of its lease's partition and drives each of them, once. */
export class Worker implements Term {
  readonly #needs: WorkerNeeds;
  readonly #work: Work;
  readonly #bus: Bus;
  readonly #stopping = new AbortController();
  readonly #driving = new Map<string, Promise<void>>();
  readonly #drivers = new Map<string, Driver>();
  /** Workflows that the bus has named, and that have no driver yet: each begins with the trace of its message. */
  readonly #heard = new Set<string>();
  /** Resolves once each workflow of the first list has a driver, or was heard of. */
  readonly #allBegun = Promise.withResolvers<void>();
  /** Sweeps until one lists all open workflows. */
  #untilWhole = 0;
  #unsubscribe: Disposer | undefined;
  #sweeping: Promise<void> | undefined;
  #working: Promise<void> | undefined;

  constructor(needs: WorkerNeeds, work: Work, bus: Bus) {
    this.#needs = needs;
    this.#work = work;
    this.#bus = bus;
  }

  start(): void {
    this.#needs.lists.join(this.#partition);
    // Before the first list: what opens meanwhile is heard of, listed, or both.
    this.#unsubscribe = this.#bus.subscribe(
      workSubject(this.#partition),
      (data) => void this.#hear(new TextDecoder().decode(data)),
    );
    this.#sweeping = this.#sweep();
  }

  get standing(): GateStanding | undefined {
    return this.#work.standing;
  }

  /** Stops each driver after its current action. The log holds what was done, and the next process goes on from there. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#unsubscribe?.();
    this.#needs.lists.leave(this.#partition);
    this.#needs.unread.endTerm();
    this.#needs.policyLine.endTerm();
    await Promise.all([this.#sweeping, this.#working, ...this.#driving.values()]);
  }

  async #sweep(): Promise<void> {
    const { unread, ports, logger } = this.#needs;
    const { signal } = this.#stopping;
    let isFirst = true;
    // Again and again, in case the bus lost a message.
    while (!signal.aborted) {
      try {
        const open = await this.#list();
        // Work under way grows old: after a crash it comes before all that waits.
        const [waiting, underWay] = [open.filter(isWaiting), open.filter((one) => !isWaiting(one))];
        if (isFirst) {
          await this.#work.start(new Set(open.map(({ requestId }) => requestId)));
          unread.expect(underWay.map(({ requestId }) => requestId));
          this.#working = this.#work.run(signal);
          isFirst = false;
        } else if (!unread.areAllRead) logger.warn({ logs: unread.size }, "nothing is signed before every log is read");
        await this.#driveAll([...underWay, ...waiting]);
        this.#allBegun.resolve();
      } catch (error) {
        this.#untilWhole = 0;
        logger.warn({ err: error }, "open workflows could not be listed");
      }
      await sleep(ports.timers, sweepMs, signal);
    }
  }

  /** All open workflows, or those that have changed lately. */
  #list(): Promise<readonly OpenWorkflow[]> {
    const isWhole = this.#untilWhole === 0;
    // Counted before the list: whatever fails meanwhile has the next sweep list all.
    this.#untilWhole = isWhole ? wholeEvery - 1 : this.#untilWhole - 1;
    const { lists } = this.#needs;
    return isWhole ? lists.whole(this.#partition) : lists.recent(this.#partition);
  }

  get #partition(): string {
    return this.#needs.lease.resource;
  }

  /** A new workflow takes its place in line behind those that were there before. */
  async #hear(requestId: string): Promise<void> {
    if (!this.#driving.has(requestId)) {
      this.#heard.add(requestId);
      await this.#allBegun.promise;
    }
    this.#drive(requestId);
  }

  async #driveAll(open: readonly OpenWorkflow[]): Promise<void> {
    let begun = 0;
    for (const one of open) {
      // Work under way is not left to its message: that waits for the end of this list, and all signing waits for that work.
      if (isWaiting(one) && this.#heard.has(one.requestId)) continue;
      if (!this.#drive(one.requestId, one.version)) continue;
      begun += 1;
      if (begun % begunInARow === 0) await sleep(this.#needs.ports.timers, 0, this.#stopping.signal);
    }
  }

  /** Drives a workflow. If the log cannot be read now, the next sweep tries again. */
  async #run(requestId: string): Promise<void> {
    try {
      // Nothing of the log is a variable here: it would be kept for as long as the workflow is driven.
      const driver = await this.#driverOf(requestId);
      this.#drivers.set(requestId, driver);
      await driver.run(this.#stopping.signal);
    } catch (error) {
      this.#untilWhole = 0;
      this.#needs.logger.warn({ err: error, request_id: requestId }, "a workflow could not be read");
    } finally {
      this.#drivers.delete(requestId);
    }
  }

  /** Reads a log, and makes its driver. */
  async #driverOf(requestId: string): Promise<Driver> {
    const log = await this.#needs.evidence.read(requestId);
    const opened = log[0]?.event.kind;
    if (opened?.case === "opened") noteInContext({ wallet_id: opened.value.walletId });
    return this.#work.driver(requestId, log);
  }

  /** @param version of the log, where that is known: the driver may not have seen so far @returns whether a driver was begun */
  #drive(requestId: string, version?: number): boolean {
    this.#heard.delete(requestId);
    this.#drivers.get(requestId)?.heed(version);
    if (this.#driving.has(requestId) || this.#stopping.signal.aborted) return false;
    // Carries on the trace of the request that opened the workflow, where that is at hand.
    const context = ownContext({ request_id: requestId }, this.#needs.ports.random);
    const run = inContext(context, () => this.#run(requestId));
    this.#driving.set(
      requestId,
      run.finally(() => this.#driving.delete(requestId)),
    );
    return true;
  }
}

/** Whether the status says that nothing has been signed for the workflow. */
function isWaiting({ status }: OpenWorkflow): boolean {
  return ["planned", "policy_checking", "queued"].includes(status);
}
