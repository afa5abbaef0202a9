import type { Facts } from "./facts.ts";

/** As outlayer.workflow.v1.Estimate. */
export interface Estimate {
  /** yoctoNEAR, decimal. */
  readonly gateFeeYocto?: string;
  /** Gas units, decimal. */
  readonly attachedGas?: string;
  readonly expectedBlocks: number;
}

/** As outlayer.workflow.v1.PlanEstimates. */
export interface PlanEstimates {
  readonly chained?: Estimate;
  readonly stepwise: Estimate;
}

/** What it takes to carry out that many calls, by one chain where it may be one, and step by step. */
export function estimatesOf(calls: number, haltOnFailure: boolean, facts: Facts): PlanEstimates {
  const longest = facts.feeTiers?.at(-1)?.cap;
  const fitsChain = !haltOnFailure && (longest === undefined || calls <= longest);
  const stepwise = estimate(calls, { resumes: calls, of: 1 }, stepwiseBlocks(calls), facts);
  return fitsChain
    ? { chained: estimate(calls, { resumes: 1, of: calls }, chainedBlocks(calls), facts), stepwise }
    : { stepwise };
}

/**
 * A submission runs two blocks after it was sent, and so does the resume that is sent when its id is seen. From there the
 * gate dispatches a call every three blocks; the last target runs a block after its dispatch, and is final in two more.
 */
function chainedBlocks(calls: number): number {
  return 4 + 1 + 3 * (calls - 1) + 1 + 2;
}

/** The same, but that each call waits for its own resume, which is sent when the target before it is seen to have run. */
function stepwiseBlocks(calls: number): number {
  return 2 + 4 * calls + 2;
}

/** @param way how many resumes there are, and of how many calls each is */
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
