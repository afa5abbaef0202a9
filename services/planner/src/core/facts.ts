/** What the planner is told beside the request. Undefined where it could not be had: its rules are then not applied. */
export interface Facts {
  /** The wallet's NEAR account. */
  readonly accountId: string | undefined;
  /** The gate's fee tiers, ascending by cap. */
  readonly feeTiers: readonly FeeTier[] | undefined;
  /** Gas units that each submission attaches; comes with the tiers. */
  readonly submitGas?: bigint | undefined;
}

export interface FeeTier {
  /** Up to how many calls. */
  readonly cap: number;
  /** yoctoNEAR for a resume of so many. */
  readonly feeYocto?: bigint | undefined;
  /** Gas units that such a resume attaches. */
  readonly resumeGas?: bigint | undefined;
}

/** Names by which a plan lists facts that it could not have. */
export type FactName = "wallet_account" | "gate_fee_tiers";

export const noFacts: Facts = { accountId: undefined, feeTiers: undefined };

/** What the operator allows and the gate bears. */
export interface Limits {
  readonly gateId: string;
  readonly verifierId: string;
  /** The contract that gives tokens for NEAR. */
  readonly wrappedNearId: string;
  /** Gas units for one inner call. With more, or none, the gate's callback fails and its chain is stuck for everybody. */
  readonly maxInnerGas: bigint;
  /** yoctoNEAR for one inner call: the gate pays it, and is stuck when it cannot. */
  readonly maxDepositYocto: bigint;
}

/** Calls in one workflow that policy checks, nonces and signatures are made for. The gate's seeded tiers end there too. */
export const maxGateCalls = 12;
