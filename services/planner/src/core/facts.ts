import type { AssignableGate } from "./assign-gate.ts";

/** Inputs beside the request. Rules that need an undefined fact are not applied. */
export interface Facts {
  /** The wallet's NEAR account. */
  readonly accountId: string | undefined;
  /** The gate's fee tiers, ascending by cap. */
  readonly feeTiers: readonly FeeTier[] | undefined;
  /** Gas units that each submission attaches; comes with the tiers. */
  readonly submitGas?: bigint | undefined;
  readonly verifier?: VerifierFacts | undefined;
}

/** What the chain says about swaps, and about payloads that were signed before they came here. */
export interface VerifierFacts {
  /** The fee, millionths of each amount given. */
  readonly feePips: bigint;
  /** Time of the final block, milliseconds since the epoch (rule: time-is-the-chains). */
  readonly finalTimeMs: number;
  /** By `nonceKey`. */
  readonly payloads: ReadonlyMap<string, PayloadFacts>;
}

/** A payload that somebody signed, as the verifier would judge it now. */
export interface PayloadFacts {
  readonly keyRegistered: boolean;
  readonly nonceUsed: boolean;
  readonly saltValid: boolean;
  readonly accountLocked: boolean;
}

export interface FeeTier {
  /** Most calls in a chain of this tier. */
  readonly cap: number;
  /** yoctoNEAR for a resume in this tier. */
  readonly feeYocto?: bigint | undefined;
  /** Gas units that a resume in this tier attaches. */
  readonly resumeGas?: bigint | undefined;
}

/** The names by which a plan lists facts that it lacked. */
export type FactName =
  | "wallet_account"
  | "gate_fee_tiers"
  | "counterparty_payloads"
  | "own_payloads"
  /** The quote that promises a step its minimum. */
  | "deposit_quote"
  /** Time of the final block. */
  | "chain_time";

export const noFacts: Facts = { accountId: undefined, feeTiers: undefined };

/** Limits set by the operator and by the gate. */
export interface Limits {
  /** In the operator's order. */
  readonly gates: readonly AssignableGate[];
  readonly verifierId: string;
  /** The key with which 1Click signs its quotes: `ed25519:` and base58. */
  readonly oneClickKey: string;
  /** Contracts beside the verifier whose calls may be in a chain, for they answer at once. */
  readonly chainReceivers: readonly string[];
  /** Whether there is a service wallet, whose delegates carry payloads that sessions have signed. */
  readonly carriesOwnPayloads: boolean;
  /** The wNEAR contract. */
  readonly wrappedNearId: string;
  /** Gas units for one inner call. With more, or with 0, the gate's callback fails and its chain is stuck for everybody. */
  readonly maxInnerGas: bigint;
  /** yoctoNEAR for one inner call: the gate pays it from its balance, and is stuck if that is too low. */
  readonly maxDepositYocto: bigint;
}

/** Most calls of a workflow. The gate's seeded tiers end there too. */
export const maxGateCalls = 12;
