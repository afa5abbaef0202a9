import type { GateLane } from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import type { Reservation, StepUsage, UsageStatement } from "@outlayer/contracts/outlayer/workflow/v1/policy";
import type { EventInit } from "../workflow/action.ts";
import type { Logged } from "../workflow/state.ts";

/** Somebody else appended meanwhile, or the log has ended: what was decided is to be decided anew. */
export class LogMoved extends Error {
  override readonly name: string = "LogMoved";
}

/** Another one drives by now. */
export class LeaseLost extends LogMoved {
  override readonly name = "LeaseLost";
}

/** By evidence's own clock and log something that was signed can still execute, so that its usage is not released yet. */
export class StillPossible extends Error {
  override readonly name = "StillPossible";
}

/** Evidence gave no clear answer: an append may have happened. */
export class EvidenceUnavailable extends Error {
  override readonly name = "EvidenceUnavailable";
}

export interface UsedSoFar {
  readonly seq: bigint;
  /** In evidence's own word, for signer-proxy. */
  readonly statement: UsageStatement;
}

/** What policy allowed, and is to count. */
export interface ToReserve {
  readonly walletId: string;
  readonly requestId: string;
  /** The ledger's entry up to which policy was asked. */
  readonly expectedSeq: bigint;
  readonly steps: readonly StepUsage[];
  /** Digest of the terms on which the steps will be signed; empty where they will not. */
  readonly termsDigest: string;
}

export interface OpenWorkflow {
  readonly requestId: string;
  readonly version: number;
  /** Of its record. */
  readonly status: string;
}

export interface GateLog {
  readonly version: bigint;
  readonly lane: GateLane | undefined;
}

/** A lease as its holder names it. */
export interface HeldLease {
  readonly resource: string;
  /** The fencing token: it rises whenever the lease is taken. */
  readonly epoch: bigint;
}

export type LeaseAnswer =
  | { readonly kind: "taken"; readonly epoch: bigint }
  /** Another one's, for so many milliseconds. */
  | { readonly kind: "held"; readonly remainingMs: number };

/** The logs, as the broadcaster reads them; and writes them, under a lease. Every method throws EvidenceUnavailable. */
export interface EvidenceLog {
  read(requestId: string): Promise<readonly Logged[]>;
  /**
   * @returns the event as it stands in the log, but for its time, which is the caller's
   * @throws LogMoved, LeaseLost
   */
  append(requestId: string, expectedVersion: number, kind: EventInit, nowMs: number): Promise<Logged>;
  /** All workflows that have not ended, and how many events each has, oldest first. */
  listOpen(): Promise<readonly OpenWorkflow[]>;
  reserveNonces(senderId: string, count: number): Promise<readonly bigint[]>;
  /** What a wallet has used, the own part of a request that is named left out, and up to which entry of the ledger that is told. */
  readUsage(walletId: string, exceptRequestId?: string): Promise<UsedSoFar>;
  /**
   * Counts what policy allowed on the strength of the ledger up to an entry.
   * @returns undefined when it has moved on; where the steps will be signed, what signer-proxy wants to see
   * @throws LeaseLost
   */
  reserveUsage(reserving: ToReserve): Promise<{ readonly reservation: Reservation | undefined } | undefined>;
  /** Stops counting steps that did not execute. @throws StillPossible, LeaseLost */
  releaseUsage(walletId: string, requestId: string, steps: number[]): Promise<void>;
  /** Counts what a workflow costs the operator beside what its record will say. yoctoNEAR. */
  chargeOperator(walletId: string, requestId: string, yocto: bigint): Promise<void>;
  gateLog(gateId: string): Promise<GateLog>;
  /** @returns the new version @throws LogMoved, LeaseLost */
  appendGate(gateId: string, expectedVersion: bigint, change: string, lane: GateLane): Promise<bigint>;
  acquireLease(resource: string, holderId: string, ttlMs: number): Promise<LeaseAnswer>;
  /** @throws LogMoved when it is another's by now */
  renewLease(lease: HeldLease, holderId: string, ttlMs: number): Promise<void>;
  releaseLease(lease: HeldLease, holderId: string): Promise<void>;
}
