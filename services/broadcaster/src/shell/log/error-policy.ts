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
  readonly logLevel?: "warn" | "error";
  /** What a workflow waits for that met the error before anything was sent. */
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

const unexpected: ErrorPolicy = { keepsState: false, pause: shortPauseMs, logLevel: "error" };

export function policyFor(error: unknown): ErrorPolicy {
  return policies.find(([kind]) => error instanceof kind)?.[1] ?? unexpected;
}

/** How long a workflow that waits for an outage to end pauses before it tries again. Milliseconds. */
export const outagePauseMs = 500;
