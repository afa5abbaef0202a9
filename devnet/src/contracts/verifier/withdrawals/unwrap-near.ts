import type { Env, PromiseIndex } from "../../../contract.ts";
import { require } from "../../sdk/panic.ts";
import { promiseCall } from "../../sdk/promises.ts";
import { verifierGas } from "../gas.ts";

/** Asks wrapped NEAR for the NEAR that was taken from somebody's balance of it. */
export function unwrapNear(env: Env, wrappedNearId: string, amountYocto: bigint): PromiseIndex {
  return promiseCall(env, wrappedNearId, {
    method: "near_withdraw",
    args: { amount: amountYocto.toString() },
    deposit: 1n,
    gas: verifierGas.nearWithdraw,
    gasWeight: 0n,
  });
}

/** @throws ContractPanic unless the unwrapping that this call came after succeeded: then nothing must be paid on */
export function assertUnwrapped(env: Env): void {
  require(env.promiseResults[0]?.length === 0, "near_withdraw failed");
}
