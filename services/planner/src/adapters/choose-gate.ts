import { createClient, type Transport } from "@connectrpc/connect";
import { LogService } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import { type Clock, deadline, type Logger, type Timers } from "@outlayer/kit";
import { type AssignableGate, gateFor } from "../core/assign-gate.ts";
import { conditionsAt, type ToldOfGates, toldAfter } from "../core/gate-conditions.ts";
import type { ChooseGate } from "../core/ports.ts";
import { isAway } from "./is-away.ts";

/** Time limit for the list of leases, milliseconds: a workflow is opened without it. */
const patienceMs = 500;

/** For how long requests share a list, or the want of one; milliseconds. */
const recentMs = 2_000;

export interface GateSources {
  readonly evidence: Transport;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  /** Read at each use. */
  readonly gates: () => readonly AssignableGate[];
  /** Waiting workflows beyond which a gate is busy. */
  readonly busyWorkflows: number;
}

/**
 * Chooses by what the gates' broadcasters say of their gates, with each renewal of their leases. Evidence is asked only where there is
 * a choice, by one request for all. Where it does not answer, what it said before holds for as long as the leases do; then every
 * gate counts as free (rule: assignment-never-waits).
 */
export function gateChooser({ evidence, clock, timers, logger, gates, busyWorkflows }: GateSources): ChooseGate {
  const log = createClient(LogService, evidence);
  let told: ToldOfGates = new Map();
  let asked: { readonly atMs: number; readonly done: Promise<void> } | undefined;

  async function ask(): Promise<void> {
    const { signal, done } = deadline(timers, patienceMs);
    try {
      const { leases } = await log.listLeases({}, { signal });
      const gateIds = gates().map(({ gateId }) => gateId);
      told = toldAfter(told, leases, gateIds, { limit: busyWorkflows, nowMs: clock.now(), goodForMs: recentMs });
    } catch (error) {
      logger[isAway(error) ? "debug" : "warn"]({ err: error }, "it is unknown how the gates are");
    } finally {
      done();
    }
  }

  return async (walletId) => {
    if (gates().filter(({ drain }) => !drain).length > 1) {
      const ageMs = asked === undefined ? Number.POSITIVE_INFINITY : clock.now() - asked.atMs;
      if (asked === undefined || ageMs < 0 || ageMs >= recentMs) asked = { atMs: clock.now(), done: ask() };
      await asked.done;
    }
    return gateFor(walletId, gates(), conditionsAt(told, clock.now()));
  };
}
