import { gatePartition } from "@outlayer/workflow";
import type { GateCondition, GateConditions } from "./assign-gate.ts";

/** What a gate's broadcaster has said of it. */
interface ToldOfGate {
  readonly isStuck: boolean;
  readonly isBusy: boolean;
  /** Until then it is believed, milliseconds since the epoch: for as long as the broadcaster's lease lasts, and the list is good. */
  readonly untilMs: number;
}

/** By gate id. */
export type ToldOfGates = ReadonlyMap<string, ToldOfGate>;

/** A lease as evidence lists it. */
export interface ListedLease {
  readonly resource: string;
  readonly remainingMs: number;
  readonly standing?: { readonly stuck: string; readonly waitingWorkflows: number } | undefined;
}

/** The longest time for which anything is believed, milliseconds: no lease is longer. */
const longestMs = 3_600_000;

/**
 * What is told of the gates after one more list of leases. A gate is busy from more than `limit` waiting workflows on, until half as
 * many are left: wallets are not to move to and fro.
 * @param goodForMs how soon the next list is asked for, milliseconds
 */
export function toldAfter(
  before: ToldOfGates,
  leases: readonly ListedLease[],
  gateIds: readonly string[],
  { limit, nowMs, goodForMs }: { readonly limit: number; readonly nowMs: number; readonly goodForMs: number },
): ToldOfGates {
  const listed = new Map(leases.map((lease) => [lease.resource, lease]));
  const told = new Map<string, ToldOfGate>();
  for (const gateId of gateIds) {
    const { standing, remainingMs = 0 } = listed.get(gatePartition(gateId)) ?? {};
    if (standing === undefined) continue;
    // A lease that ends before the next list is most often renewed by then.
    const untilMs = nowMs + Math.min(Math.max(remainingMs, goodForMs), longestMs);
    const isBusy = standing.waitingWorkflows > (before.get(gateId)?.isBusy ? limit / 2 : limit);
    told.set(gateId, { isStuck: standing.stuck !== "", isBusy, untilMs });
  }
  return told;
}

/** The gates' conditions by what is still believed. Should the clock have been set back since, nothing is believed for longer. */
export function conditionsAt(told: ToldOfGates, nowMs: number): GateConditions {
  const conditions = new Map<string, GateCondition>();
  for (const [gateId, { isStuck, isBusy, untilMs }] of told) {
    if (nowMs >= untilMs || nowMs < untilMs - longestMs) continue;
    if (isStuck) conditions.set(gateId, "stuck");
    else if (isBusy) conditions.set(gateId, "busy");
  }
  return conditions;
}
