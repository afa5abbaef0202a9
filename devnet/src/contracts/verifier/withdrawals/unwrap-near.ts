import type { Env, PromiseIndex } from "../../../contract.ts";
import { require } from "../../sdk/panic.ts";
import { promiseCall } from "../../sdk/promises.ts";
import { verifierGas } from "../gas.ts";

/** Unwraps wNEAR that was taken from an account's balance. */
export function unwrapNear(env: Env, wrappedNearId: string, amountYocto: bigint): PromiseIndex {
  return promiseCall(env, wrappedNearId, {
    method: "near_withdraw",
    args: { amount: amountYocto.toString() },
    deposit: 1n,
    gas: verifierGas.nearWithdraw,
    gasWeight: 0n,
  });
}

/** @throws ContractPanic unless the preceding unwrapping succeeded: otherwise nothing may be paid */
export function assertUnwrapped(env: Env): void {
  require(env.promiseResults[0]?.length === 0, "near_withdraw failed");
}
