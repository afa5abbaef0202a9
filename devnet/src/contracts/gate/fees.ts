import type { Env } from "../../contract.ts";
import { panic, require } from "../sdk/panic.ts";
import type { GateState } from "./state.ts";
import { traces } from "./trace.ts";

/**
 * Takes the fee of the smallest tier that holds `count` intents; the gate keeps any surplus.
 * @throws ContractPanic for more intents than any tier holds, or too small a deposit
 */
export function chargeFee(env: Env, state: GateState, count: number): void {
  const { feeTiers } = state.config;
  const tier = feeTiers.find(({ cap }) => count <= cap);
  if (!tier) panic(`batch size ${count} exceeds max fee tier (${feeTiers.at(-1)?.cap ?? 0})`);
  const { cap, feeYocto } = tier;
  require(env.deposit >=
    feeYocto, `insufficient fee: required ${feeYocto} yocto for batch of ${count}, got ${env.deposit}`);
  state.count({ feesCollectedYocto: state.counters.feesCollectedYocto + feeYocto });
  traces.feeCharged(env, count, feeYocto, cap);
}
