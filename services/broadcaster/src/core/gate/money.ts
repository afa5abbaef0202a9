import { minGasPrice, transactionGas } from "@outlayer/near";
import { type Finding, finding } from "../checks/finding.ts";

/** Balances, or amounts to be taken from them, by account. yoctoNEAR. */
export interface Purse {
  readonly relayer: bigint;
  readonly approver: bigint;
  readonly gate: bigint;
}

export const emptyPurse: Purse = { relayer: 0n, approver: 0n, gate: 0n };

export interface Costs {
  /** Price of one unit of gas. */
  readonly gasPrice: bigint;
  readonly submitGas: bigint;
  readonly resumeGas: bigint;
}

/** Amounts that a chain locks until it is through, by account. */
export interface Needs {
  readonly relayer: bigint;
  readonly approver: bigint;
  readonly gate: bigint;
}

/** yoctoNEAR that NEAR has an account hold for each byte of its state. */
const yoctoPerByte = 10n ** 19n;

/** Bytes that a submission adds to the gate's state at most: the pending intent, and its nonce, which the gate never frees. */
const bytesPerSubmission = 1024n;

/** yoctoNEAR that the gate has to hold for the state that so many submissions add. */
export function stakeOf(submissions: number): bigint {
  return BigInt(submissions) * bytesPerSubmission * yoctoPerByte;
}

/** yoctoNEAR that a transaction locks until its receipts have run. @param attachedGas gas units */
export function lockedBy(attachedGas: bigint, gasPrice = minGasPrice): bigint {
  return (attachedGas + transactionGas) * (gasPrice > minGasPrice ? gasPrice : minGasPrice);
}

/** Gas units to attach to a resume: longer chains get the amount of the known chain of 12. */
export function resumeGasFor(calls: number, resumeGas: bigint): bigint {
  const longChainGas = 150_000_000_000_000n;
  return calls > 6 && resumeGas < longChainGas ? longChainGas : resumeGas;
}

export function sumOf(a: Purse, b: Purse): Purse {
  return { relayer: a.relayer + b.relayer, approver: a.approver + b.approver, gate: a.gate + b.gate };
}

/** Balances less the promised amounts. They may be negative. */
export function without(purse: Purse, promised: Purse): Purse {
  return {
    relayer: purse.relayer - promised.relayer,
    approver: purse.approver - promised.approver,
    gate: purse.gate - promised.gate,
  };
}

/**
 * @param deposits of the calls, one each
 * @param feeYocto that each resume attaches
 * @param costs gas of one submission, and of the resume as configured
 * @param resumes the number of resumes, sent one after the other, and of calls that each names
 * @param gateBytes of the gate's state now: without a stake for all of it, NEAR refuses whatever the gate does
 */
export function needsOf(
  deposits: readonly bigint[],
  feeYocto: bigint,
  costs: Costs,
  resumes: { readonly count: number; readonly of: number },
  gateBytes: bigint,
): Needs {
  const resumeGas = resumeGasFor(resumes.of, costs.resumeGas);
  return {
    relayer: BigInt(deposits.length) * lockedBy(costs.submitGas, costs.gasPrice),
    // Resumes are sent one at a time, so only one locks its gas.
    approver: BigInt(resumes.count) * feeYocto + lockedBy(resumeGas, costs.gasPrice),
    gate: deposits.reduce((sum, deposit) => sum + deposit, gateBytes * yoctoPerByte + stakeOf(deposits.length)),
  };
}

/**
 * Whether an account can pay for its part.
 * @param run the run in the message, e.g. `a run of 3 calls`
 */
export function checkBalance(whose: keyof Purse, purse: Purse, needs: Needs, run: string): Finding {
  return finding(purse[whose] >= needs[whose], `at least ${needs[whose]}`, String(purse[whose]), {
    ok: `the ${whose}'s balance covers ${run}`,
    failed: `the ${whose} holds ${purse[whose]} yoctoNEAR, but ${run} needs ${needs[whose]}`,
  });
}
