import type { GateLane } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import type { Reservation, StepUsage, UsageStatement } from "@outlayer/contracts/outlayer/workflow/v1/policy";
import type { EventInit } from "../workflow/action.ts";
import type { Logged } from "../workflow/state.ts";

/** Another writer has appended, or the log has ended: the decision has to be made anew. */
export class LogMoved extends Error {
  override readonly name: string = "LogMoved";
}

/** Another broadcaster holds the lease. */
export class LeaseLost extends LogMoved {
  override readonly name = "LeaseLost";
}

/** By evidence's own clock and log a signature can still execute, so its usage is not released yet. */
export class StillPossible extends Error {
  override readonly name = "StillPossible";
}

/** Evidence gave no clear answer: an append may have happened. */
export class EvidenceUnavailable extends Error {
  override readonly name = "EvidenceUnavailable";
}

export interface UsedSoFar {
  readonly seq: bigint;
  /** Evidence's MACed statement of that usage, for signer-proxy. */
  readonly statement: UsageStatement;
}

/** The amounts that policy allowed, to be counted. */
export interface ToReserve {
  readonly walletId: string;
  readonly requestId: string;
  /** The ledger entry that policy's answer saw. */
  readonly expectedSeq: bigint;
  readonly steps: readonly StepUsage[];
  /** Digest of the terms on which the steps will be signed; empty where they will not be. */
  readonly termsDigest: string;
}

export interface OpenWorkflow {
  readonly requestId: string;
  readonly partition: string;
  readonly version: number;
  /** Its record's status. */
  readonly status: string;
}

export interface GateLog {
  readonly version: bigint;
  readonly lane: GateLane | undefined;
}

/** A lease as its holder names it. */
export interface HeldLease {
  readonly resource: string;
  /** The fencing token: it rises each time that the lease is taken. */
  readonly epoch: bigint;
}

export type LeaseAnswer =
  | { readonly kind: "taken"; readonly epoch: bigint }
  /** Another holder has it for this many milliseconds. */
  | { readonly kind: "held"; readonly remainingMs: number };

/** What a gate's broadcaster says of the gate to those who choose a gate for a new workflow. */
export interface GateStanding {
  /** The error code of what has kept the gate from carrying anything for a while; empty where nothing does. */
  readonly stuck: string;
  /** Number of workflows that wait for their turn at the gate, or are under way there. */
  readonly waitingWorkflows: number;
}

/** A lease as evidence lists it. */
export interface LiveLease {
  readonly resource: string;
  readonly holderId: string;
  readonly epoch: bigint;
  /** Milliseconds since the epoch, by evidence's clock; undefined where evidence does not know. */
  readonly sinceMs: number | undefined;
  readonly remainingMs: number;
  /** Undefined where its holder did not say. */
  readonly standing?: GateStanding | undefined;
}

/** Evidence's logs: read freely, and written under a lease. Every method throws EvidenceUnavailable. */
export interface EvidenceLog {
  read(requestId: string): Promise<readonly Logged[]>;
  /**
   * @returns the event as it stands in the log, but with the caller's time
   * @throws LogMoved, LeaseLost
   */
  append(requestId: string, expectedVersion: number, kind: EventInit, nowMs: number): Promise<Logged>;
  /**
   * Workflows of these partitions that have not ended, with their number of events, oldest first.
   * @param changedWithinMs leaves out those whose latest event is older, by evidence's clock; all where it is undefined
   */
  listOpen(partitions: readonly string[], changedWithinMs?: number): Promise<readonly OpenWorkflow[]>;
  reserveNonces(senderId: string, count: number): Promise<readonly bigint[]>;
  /** A wallet's usage without the named request's own reservation, and the ledger entry up to which it is counted. */
  readUsage(walletId: string, exceptRequestId?: string): Promise<UsedSoFar>;
  /**
   * Compare-and-set: counts the amounts that policy allowed, if the ledger is still at the given entry.
   * @returns undefined when the ledger has moved on; else the reservation for signer-proxy, where the steps will be signed
   * @throws LeaseLost
   */
  reserveUsage(reserving: ToReserve): Promise<{ readonly reservation: Reservation | undefined } | undefined>;
  /** Stops counting steps that did not execute. @throws StillPossible, LeaseLost */
  releaseUsage(walletId: string, requestId: string, steps: number[]): Promise<void>;
  /** Counts costs of the operator that a workflow's record will not show. yoctoNEAR. */
  chargeOperator(walletId: string, requestId: string, yocto: bigint): Promise<void>;
  gateLog(gateId: string): Promise<GateLog>;
  /** @returns the new version @throws LogMoved, LeaseLost */
  appendGate(gateId: string, expectedVersion: bigint, change: string, lane: GateLane): Promise<bigint>;
  acquireLease(resource: string, holderId: string, ttlMs: number): Promise<LeaseAnswer>;
  /** @throws LogMoved when it is another's by now */
  renewLease(lease: HeldLease, holderId: string, ttlMs: number, standing?: GateStanding): Promise<void>;
  releaseLease(lease: HeldLease, holderId: string): Promise<void>;
  /** All leases that somebody holds. */
  listLeases(): Promise<readonly LiveLease[]>;
}
