import { type Costs, lockedBy, type Purse, resumeGasFor, stakeOf } from "../gate/money.ts";
import { resumesOf } from "../gate/resumption.ts";
import { isDone, isResumedSingly } from "./progress.ts";
import type { WorkflowState } from "./state.ts";

/**
 * Amounts that an admitted workflow will still take from the operator's balances. yoctoNEAR.
 * Undefined once that is nothing.
 */
export function owedBy(state: WorkflowState, costs: Costs): Purse | undefined {
  if (state.admitted === undefined || state.settling !== undefined || state.ended !== undefined) return undefined;
  const unsubmitted = state.steps.filter(({ accepted, refused }) => accepted === undefined && refused === undefined);
  const isSingly = isResumedSingly(state);
  const { count, of } = resumesOf(state.calls.length, isSingly ? "single" : "chain");
  const spent = isSingly
    ? state.steps.filter(isDone).length
    : state.resumes.filter(({ prepared, fate }) => prepared.mode === "chain" && fate.kind === "started").length;
  const resumes = BigInt(Math.max(count - spent, 0));
  if (unsubmitted.length === 0 && resumes === 0n) return undefined;
  const fees = resumes * BigInt(state.admitted.feeYocto || "0");
  return {
    relayer: BigInt(unsubmitted.length) * lockedBy(costs.submitGas, costs.gasPrice),
    approver: resumes === 0n ? 0n : fees + lockedBy(resumeGasFor(of, costs.resumeGas), costs.gasPrice),
    gate: state.calls.reduce((sum, { deposit }, index) => {
      const step = state.steps[index];
      return step === undefined || isDone(step) ? sum : sum + BigInt(deposit);
    }, stakeOf(unsubmitted.length)),
  };
}
