/** What the gate asks for, as its views say. */
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

/** What the operator agreed to. */
export interface Agreement {
  readonly relayerId: string;
  readonly approverId: string;
  readonly firstTierFeeYocto: bigint;
  readonly maxFeeYocto: bigint;
}

export type TermsCheck =
  | { readonly ok: true; readonly feeYocto: bigint }
  /** Execution would fail: the workflow ends with this code and text. */
  | { readonly ok: false; readonly code: string; readonly text: string };

/** Whether the gate takes a chain of that many calls from us, and for which fee (decision 21, blocking). */
export function checkTerms(terms: GateTerms, agreed: Agreement, calls: number): TermsCheck {
  if (!terms.isRelayer) {
    return refuse("relayer_not_whitelisted", `the gate does not accept ${agreed.relayerId} as a relayer`);
  }
  if (terms.approverId !== agreed.approverId) {
    return refuse("approver_rotated", `the gate's approver is ${terms.approverId}, not ${agreed.approverId}`);
  }
  const first = terms.feeTiers[0];
  if (first?.feeYocto !== agreed.firstTierFeeYocto) {
    const asked = first?.feeYocto ?? "nothing";
    const text = `the gate asks ${asked} yoctoNEAR for up to ${first?.cap ?? 0} calls, agreed were ${agreed.firstTierFeeYocto}`;
    return refuse("fee_mismatch", text);
  }
  const tier = terms.feeTiers.find(({ cap }) => calls <= cap);
  if (tier === undefined) {
    return refuse("fee_mismatch", `the gate takes at most ${terms.feeTiers.at(-1)?.cap ?? 0} calls in one chain`);
  }
  if (tier.feeYocto > agreed.maxFeeYocto) {
    const text = `the gate asks ${tier.feeYocto} yoctoNEAR for ${calls} calls, more than the limit of ${agreed.maxFeeYocto}`;
    return refuse("fee_mismatch", text);
  }
  return { ok: true, feeYocto: tier.feeYocto };
}

function refuse(code: string, text: string): TermsCheck {
  return { ok: false, code, text };
}
