import type { WaitReason } from "../../core/gate/place.ts";
import { EvidenceUnavailable, LogMoved, StillPossible } from "../../core/ports/evidence-log.ts";
import { RpcUnavailable } from "../../core/ports/near-node.ts";
import { GrantLapsed, KeystoreUnavailable } from "../../core/ports/signer.ts";
import { KeyUnusable } from "../chain/key-lane.ts";

/** What a driver does about an error, before it asks the core again what is next. */
export interface ErrorPolicy {
  /** Whether what it knows of the log still holds. Elsewhere an append may have happened, and the log is read again. */
  readonly keepsState: boolean;
  /** Until when it pauses: for so many milliseconds, or until something changes. */
  readonly pause: number | "next_change";
  /** Set where the error is to be logged. */
  readonly logLevel?: "warn";
  /**
   * What a workflow waits for that met the error before anything was sent. It pauses for `outagePauseMs` then, and the error is
   * not logged. A reason that begins with `gate_` is over as soon as the workflow waits for its turn: see `goesOnSince`.
   */
  readonly waitingFor?: WaitReason;
}

const shortPauseMs = 200;

/** By error, subclasses included. `StillPossible` waits for evidence's clock. */
const policies: readonly (readonly [kind: new (...args: never[]) => Error, policy: ErrorPolicy])[] = [
  [RpcUnavailable, { keepsState: true, pause: "next_change", waitingFor: "rpc_unavailable" }],
  [KeyUnusable, { keepsState: true, pause: "next_change", waitingFor: "no_usable_key" }],
  [KeystoreUnavailable, { keepsState: false, pause: shortPauseMs, waitingFor: "keystore_unavailable" }],
  [GrantLapsed, { keepsState: false, pause: shortPauseMs }],
  [LogMoved, { keepsState: false, pause: shortPauseMs }],
  [EvidenceUnavailable, { keepsState: false, pause: shortPauseMs }],
  [StillPossible, { keepsState: false, pause: 5000, logLevel: "warn" }],
];

/** @returns undefined for an error that nobody expects: see `unexpectedErrors` */
export function policyFor(error: unknown): ErrorPolicy | undefined {
  return policies.find(([kind]) => error instanceof kind)?.[1];
}

/** What a driver does about errors that are in no row: it lets others go first, and tries again ever more rarely. Milliseconds. */
export const unexpectedErrors = {
  firstPauseMs: 200,
  longestPauseMs: 30_000,
  /** Without one for so long, the next one is the first. */
  forgottenAfterMs: 300_000,
  /** So many without progress, and a workflow of which nothing was sent ends (rule: unknown-error-lets-go). */
  most: 10,
};

/** The sentence of a record that ends so. */
export const unexpectedEnd = "it met an error again and again that this service does not know; nothing was sent";

/** How long a workflow that waits for an outage to end pauses before it tries again. Milliseconds. */
export const outagePauseMs = 500;
