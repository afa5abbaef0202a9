import { type Bus, type Disposer, inContext, noteInContext, ownContext, sleep } from "@outlayer/kit";
import { workSubject } from "@outlayer/workflow";
import { isDirectUserLog } from "../../core/direct-user/state.ts";
import type { OpenWorkflow } from "../../core/ports/evidence-log.ts";
import { DirectUserHandler, type DirectUserNeeds } from "../direct-user/direct-user-handler.ts";
import { type Driver, LogDriver, type LogDriverDeps } from "../log/log-driver.ts";
import { WorkflowHandler, type WorkflowNeeds } from "../workflow/workflow-handler.ts";
import type { Term } from "./lease-keeper.ts";

/** Pause between two lists of the open workflows, in case the bus lost a message. Milliseconds. */
const sweepMs = 2000;

/** What all drivers share during one term. */
export type TermNeeds = WorkflowNeeds & DirectUserNeeds & LogDriverDeps;

/** Finds open workflows and drives each of them, once. */
export class Worker implements Term {
  readonly #needs: TermNeeds;
  readonly #bus: Bus;
  readonly #stopping = new AbortController();
  readonly #driving = new Map<string, Promise<void>>();
  readonly #drivers = new Map<string, Driver>();
  #unsubscribe: Disposer | undefined;
  #sweeping: Promise<void> | undefined;
  #conducting: Promise<void> | undefined;

  constructor(needs: TermNeeds, bus: Bus) {
    this.#needs = needs;
    this.#bus = bus;
  }

  start(): void {
    this.#sweeping = this.#sweep();
  }

  /** Stops each driver after its current action. The log holds what was done, and the next process goes on from there. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#needs.unread.endTerm();
    this.#needs.policyLine.endTerm();
    await Promise.all([this.#sweeping, this.#conducting, ...this.#driving.values()]);
    // Last, since the first sweep may only just have subscribed.
    this.#unsubscribe?.();
  }

  async #sweep(): Promise<void> {
    const { evidence, conductor, unread, ports, logger } = this.#needs;
    const { signal } = this.#stopping;
    let isFirst = true;
    while (!signal.aborted) {
      try {
        const open = await evidence.listOpen();
        // Work under way grows old: after a crash it comes before all that waits.
        const [waiting, underWay] = [open.filter(isWaiting), open.filter((one) => !isWaiting(one))];
        if (isFirst) {
          await conductor.start(new Set(open.map(({ requestId }) => requestId)));
          unread.expect(underWay.map(({ requestId }) => requestId));
          this.#conducting = conductor.run(signal);
          this.#unsubscribe = this.#bus.subscribe(workSubject, (data) => this.#drive(new TextDecoder().decode(data)));
          isFirst = false;
        } else if (!unread.areAllRead) logger.warn({ logs: unread.size }, "nothing is signed before every log is read");
        for (const { requestId, version } of [...underWay, ...waiting]) this.#drive(requestId, version);
      } catch (error) {
        logger.warn({ err: error }, "open workflows could not be listed");
      }
      await sleep(ports.timers, sweepMs, signal);
    }
  }

  /** Drives a workflow by its kind of log. If the log cannot be read now, the next sweep tries again. */
  async #run(requestId: string): Promise<void> {
    const { evidence, logger } = this.#needs;
    try {
      const log = await evidence.read(requestId);
      const opened = log[0]?.event.kind;
      if (opened?.case === "opened") noteInContext({ wallet_id: opened.value.walletId });
      const isDirectUser = isDirectUserLog(log);
      const driver = isDirectUser
        ? new LogDriver(requestId, new DirectUserHandler(requestId, this.#needs), this.#needs, log)
        : new LogDriver(requestId, new WorkflowHandler(requestId, this.#needs), this.#needs, log);
      this.#drivers.set(requestId, driver);
      await driver.run(this.#stopping.signal);
    } catch (error) {
      logger.warn({ err: error, request_id: requestId }, "a workflow could not be read");
    } finally {
      this.#drivers.delete(requestId);
    }
  }

  /** @param version of the log, where that is known: the driver may not have seen so far */
  #drive(requestId: string, version?: number): void {
    this.#drivers.get(requestId)?.heed(version);
    if (this.#driving.has(requestId) || this.#stopping.signal.aborted) return;
    // Carries on the trace of the request that opened the workflow, where that is at hand.
    const context = ownContext({ request_id: requestId }, this.#needs.ports.random);
    const run = inContext(context, () => this.#run(requestId));
    this.#driving.set(
      requestId,
      run.finally(() => this.#driving.delete(requestId)),
    );
  }
}

/** Whether the status says that nothing has been signed for the workflow. */
function isWaiting({ status }: OpenWorkflow): boolean {
  return ["planned", "policy_checking", "queued"].includes(status);
}
