import type { Env, PromiseAction, PromiseIndex } from "../../contract.ts";
import { jsonBytes } from "./json.ts";

export const TGAS = 1_000_000_000_000n;

export interface CallSpec {
  readonly method: string;
  /** Sent as JSON. */
  readonly args: unknown;
  /** YoctoNEAR, 0 if not given. */
  readonly deposit?: bigint;
  /** Static gas, 0 if not given. */
  readonly gas?: bigint;
  /** Share in the gas left over; 1 if not given, near-sdk's default. */
  readonly gasWeight?: bigint;
}

export function callAction(spec: CallSpec): PromiseAction {
  const { method, args, deposit = 0n, gas = 0n, gasWeight = 1n } = spec;
  return { kind: "call", method, args: jsonBytes(args), deposit, gas, gasWeight };
}

/** Schedules one call on another contract, or on this one; after another promise if given. */
export function promiseCall(env: Env, receiver: string, spec: CallSpec, after?: PromiseIndex): PromiseIndex {
  return env.promise({ receiver, actions: [callAction(spec)], ...(after === undefined ? {} : { after: [after] }) });
}
