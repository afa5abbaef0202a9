import { type Finding, finding } from "../checks/finding.ts";

/** The gate's terms, as its views answer them. */
export interface GateTerms {
  readonly approverId: string;
  readonly isRelayer: boolean;
  /** Ascending by cap. */
  readonly feeTiers: readonly FeeTier[];
}

export interface FeeTier {
  readonly cap: number;
  readonly feeYocto: bigint;
}

/** The terms that the operator agreed to. */
export interface Agreement {
  readonly relayerId: string;
  readonly approverId: string;
  readonly firstTierFeeYocto: bigint;
  readonly maxFeeYocto: bigint;
}

/** yoctoNEAR that the gate charges for a chain of that many calls; undefined when it takes no chain as long. */
export function feeOf({ feeTiers }: Pick<GateTerms, "feeTiers">, calls: number): bigint | undefined {
  return feeTiers.find(({ cap }) => calls <= cap)?.feeYocto;
}

export function checkRelayer({ isRelayer }: GateTerms, { relayerId }: Agreement): Finding {
  return finding(isRelayer, "whitelisted", isRelayer ? "whitelisted" : "not whitelisted", {
    ok: `the gate accepts ${relayerId} as a relayer`,
    failed: `the gate does not accept ${relayerId} as a relayer`,
  });
}

export function checkApprover(terms: GateTerms, { approverId }: Agreement): Finding {
  return finding(terms.approverId === approverId, approverId, terms.approverId, {
    ok: `the gate's approver is ${approverId}`,
    failed: `the gate's approver is ${terms.approverId}, not ${approverId}`,
  });
}

/**
 * Whether the gate takes a chain of that many calls, for exactly the fee that the operator agreed to
 * (rule: fee-is-the-agreed-tier).
 */
export function checkFee(terms: GateTerms, agreed: Agreement, calls: number): Finding {
  const first = terms.feeTiers[0];
  const asked = String(first?.feeYocto ?? "nothing");
  const cap = first?.cap ?? 0;
  if (first?.feeYocto !== agreed.firstTierFeeYocto) {
    const message = `the gate asks ${asked} yoctoNEAR for up to ${cap} calls, agreed were ${agreed.firstTierFeeYocto}`;
    return { ok: false, expected: String(agreed.firstTierFeeYocto), actual: asked, message };
  }
  const longest = terms.feeTiers.at(-1)?.cap ?? 0;
  const fee = feeOf(terms, calls);
  if (fee === undefined) {
    const message = `the gate takes at most ${longest} calls in one chain`;
    return { ok: false, expected: `a tier for ${calls} calls`, actual: `up to ${longest} calls`, message };
  }
  if (fee > agreed.maxFeeYocto) {
    const message = `the gate asks ${fee} yoctoNEAR for ${calls} calls, more than the limit of ${agreed.maxFeeYocto}`;
    return { ok: false, expected: `at most ${agreed.maxFeeYocto}`, actual: String(fee), message };
  }
  const message = `the gate asks ${asked} yoctoNEAR for up to ${cap} calls, as agreed`;
  return { ok: true, expected: String(agreed.firstTierFeeYocto), actual: asked, message };
}
