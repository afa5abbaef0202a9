import type { Storage } from "../../contract.ts";
import { type FeeTier, GateState } from "./state.ts";

/** Adds a relayer to the whitelist or removes it, without the owner. */
export function setGateRelayer(storage: Storage, relayerId: string, allowed: boolean): void {
  const state = new GateState(storage);
  if (allowed) state.addRelayer(relayerId);
  else state.removeRelayer(relayerId);
}

/** @param feeTiers by ascending cap, at least one */
export function setGateFeeTiers(storage: Storage, feeTiers: readonly FeeTier[]): void {
  new GateState(storage).configure({ feeTiers });
}

/** Leaves a tail like a broken chain's, so that the gate is stuck until its owner resets it; `[]` frees it. */
export function setGateBatchTail(storage: Storage, intentIds: readonly bigint[]): void {
  new GateState(storage).batchTail = [...intentIds];
}
