import type { DirectUserCallResolved } from "@outlayer/contracts/outlayer/evidence/v1/event";
import type { ErrorCode } from "@outlayer/workflow";
import type { EventInit } from "../workflow/action.ts";
import type { DirectUserState } from "./state.ts";

/**
 * Whether the counts contradict the receipt: others counted meanwhile, or the count could not be read. Then the receipt decides.
 * @param after undefined where it could not be read
 */
export function isAmbiguous(before: bigint, after: bigint | undefined, succeeded: boolean): boolean {
  return after === undefined || after !== before + (succeeded ? 1n : 0n);
}

/** The end of a call with a final fate: it succeeded only if the user signed it and its receipt succeeded. */
export function endOf({ call }: DirectUserState, { status, signerId, error }: DirectUserCallResolved): EventInit {
  const { userId } = call.scope;
  if (signerId !== userId) {
    return failed("dispatch_failed", `the transaction was signed by ${signerId}, not by ${userId}`);
  }
  if (status === "success") return { case: "ended", value: { status: "succeeded" } };
  return failed("dispatch_failed", `the call failed on chain: ${error ?? ""}`);
}

/** The end of a call of which no node remembers what became. */
export const forgottenEnd = failed(
  "outcome_unknown",
  "no NEAR node remembers what became of the call: it may have been executed",
);

export function failed(errorCode: ErrorCode, userVisibleError: string): EventInit {
  return { case: "ended", value: { status: "failed", errorCode, userVisibleError } };
}
