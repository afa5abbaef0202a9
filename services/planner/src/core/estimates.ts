import type { Facts } from "./facts.ts";

/** See outlayer.workflow.v1.Estimate. */
export interface Estimate {
  /** yoctoNEAR, decimal. */
  readonly gateFeeYocto?: string;
  /** Gas units, decimal. */
  readonly attachedGas?: string;
  readonly expectedBlocks: number;
}

/** See outlayer.workflow.v1.PlanEstimates. */
export interface PlanEstimates {
  readonly chained?: Estimate;
  readonly stepwise: Estimate;
}

/**
 * Estimates for this many calls: as one chain, where that is allowed, and step by step.
 * @param noChain whether each call has to be resumed by itself
 */
export function estimatesOf(calls: number, noChain: boolean, facts: Facts): PlanEstimates {
  const longest = facts.feeTiers?.at(-1)?.cap;
  const fitsChain = !noChain && (longest === undefined || calls <= longest);
  const stepwise = estimate(calls, { resumes: calls, of: 1 }, stepwiseBlocks(calls), facts);
  return fitsChain
    ? { chained: estimate(calls, { resumes: 1, of: calls }, chainedBlocks(calls), facts), stepwise }
    : { stepwise };
}

/**
 * Two blocks from sending a submission to its run, and two more for the resume, sent when its id is seen. From there the gate
 * dispatches a call every three blocks; the last target runs a block after its dispatch, and is final in two more.
 */
function chainedBlocks(calls: number): number {
  return 4 + 1 + 3 * (calls - 1) + 1 + 2;
}

/** The same with a resume per call, each sent when the target before it is seen to have run. */
function stepwiseBlocks(calls: number): number {
  return 2 + 4 * calls + 2;
}

/** @param way the number of resumes, and of calls in each */
function estimate(
  calls: number,
  way: { readonly resumes: number; readonly of: number },
  expectedBlocks: number,
  { feeTiers, submitGas }: Facts,
): Estimate {
  const tier = feeTiers?.find(({ cap }) => way.of <= cap);
  const resumes = BigInt(way.resumes);
  const { feeYocto, resumeGas } = tier ?? {};
  return {
    expectedBlocks,
    ...(feeYocto === undefined ? {} : { gateFeeYocto: String(resumes * feeYocto) }),
    ...(resumeGas === undefined || submitGas === undefined
      ? {}
      : { attachedGas: String(BigInt(calls) * submitGas + resumes * resumeGas) }),
  };
}
