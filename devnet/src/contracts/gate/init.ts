import type { Storage } from "../../contract.ts";
import { type FeeTier, GateState } from "./state.ts";

const MILLI_NEAR = 10n ** 21n;

/** Fees of a new gate: up to 3 intents 0.03 NEAR, up to 6 0.05, up to 12 0.06. */
export const DEFAULT_FEE_TIERS: readonly FeeTier[] = [
  { cap: 3, feeYocto: 30n * MILLI_NEAR },
  { cap: 6, feeYocto: 50n * MILLI_NEAR },
  { cap: 12, feeYocto: 60n * MILLI_NEAR },
];

export interface GateGenesis {
  readonly ownerId: string;
  readonly approverId: string;
  readonly relayerIds?: readonly string[];
  /** By ascending cap; a new gate's by default. */
  readonly feeTiers?: readonly FeeTier[];
}

/** Writes the state of a gate that was deployed before genesis. */
export function initGate(storage: Storage, genesis: GateGenesis): void {
  const { ownerId, approverId, relayerIds = [], feeTiers = DEFAULT_FEE_TIERS } = genesis;
  const state = new GateState(storage);
  state.initialize({ ownerId, approverId, feeTiers });
  for (const relayerId of relayerIds) state.addRelayer(relayerId);
}
