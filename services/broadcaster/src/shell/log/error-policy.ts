import type { WaitReason } from "../../core/gate/place.ts";
import { EvidenceUnavailable, LogMoved, StillPossible } from "../../core/ports/evidence-log.ts";
import { RpcUnavailable } from "../../core/ports/near-node.ts";
import { GrantLapsed, KeystoreUnavailable } from "../../core/ports/signer.ts";
import { KeyUnusable } from "../chain/signing-key.ts";

/** What a driver does about an error, before it asks the core again what is next. */
export interface ErrorPolicy {
  /** Whether the driver's folded state still holds. Otherwise an append may have happened, and the log is read again. */
  readonly keepsState: boolean;
  /** The driver's pause: milliseconds, or until the next change. */
  readonly pause: number | "next_change";
  /** Set where the driver logs the error. */
  readonly logLevel?: "warn";
  /**
   * Reason for the wait of a workflow that met the error before anything was sent. The workflow pauses for `outagePauseMs`, and the
   * error is not logged. A reason that begins with `gate_` ends as soon as the workflow waits for its turn: see `goesOnSince`.
   */
  readonly waitingFor?: WaitReason;
}

const shortPauseMs = 200;

/** Policies by error class, subclasses included. `StillPossible` waits for evidence's clock. */
const policies: readonly (readonly [kind: new (...args: never[]) => Error, policy: ErrorPolicy])[] = [
  [RpcUnavailable, { keepsState: true, pause: "next_change", waitingFor: "rpc_unavailable" }],
  [KeyUnusable, { keepsState: true, pause: "next_change", waitingFor: "no_usable_key" }],
  [KeystoreUnavailable, { keepsState: false, pause: shortPauseMs, waitingFor: "keystore_unavailable" }],
  [GrantLapsed, { keepsState: false, pause: shortPauseMs }],
  [LogMoved, { keepsState: false, pause: shortPauseMs }],
  [EvidenceUnavailable, { keepsState: false, pause: shortPauseMs }],
  [StillPossible, { keepsState: false, pause: 5000, logLevel: "warn" }],
];

/** @returns undefined for an unexpected error, in no row: see `unexpectedErrors` */
export function policyFor(error: unknown): ErrorPolicy | undefined {
  return policies.find(([kind]) => error instanceof kind)?.[1];
}

/** Retries after errors in no row: the driver lets other workflows go first, and retries ever more rarely. Milliseconds. */
export const unexpectedErrors = {
  firstPauseMs: 200,
  longestPauseMs: 30_000,
  /** After so long without such an error, the next one counts as the first. */
  forgottenAfterMs: 300_000,
  /** After so many without progress, a workflow of which nothing was sent ends (rule: unknown-error-lets-go). */
  most: 10,
};

/** The record's error text at such an end. */
export const unexpectedEnd = "it met an error again and again that this service does not know; nothing was sent";

/** Pause between two tries of a workflow that waits for an outage to end. Milliseconds. */
export const outagePauseMs = 500;
