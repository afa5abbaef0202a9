/** Prices and balances that decide whether a chain can be paid for. yoctoNEAR. */
export interface Purse {
  readonly relayer: bigint;
  readonly approver: bigint;
  readonly gate: bigint;
}

export interface Costs {
  /** Price of one unit of gas. */
  readonly gasPrice: bigint;
  readonly submitGas: bigint;
  readonly resumeGas: bigint;
}

/** What a chain locks until it is through, by account. */
export interface Needs {
  readonly relayer: bigint;
  readonly approver: bigint;
  readonly gate: bigint;
}

/** NEAR bought as gas is at least this dear from protocol 85 on: 0.001 NEAR per Tgas. */
export const minGasPrice = 1_000_000_000n;

/** Kept on the gate beyond the deposits it pays: it pays for its own storage. */
const gateReserve = 10n ** 22n;

export function needsOf(deposits: readonly bigint[], feeYocto: bigint, costs: Costs): Needs {
  const price = costs.gasPrice > minGasPrice ? costs.gasPrice : minGasPrice;
  const calls = BigInt(deposits.length);
  return {
    relayer: calls * costs.submitGas * price,
    approver: feeYocto + costs.resumeGas * price,
    gate: deposits.reduce((sum, deposit) => sum + deposit, gateReserve),
  };
}

/** Whose balance is too low, if anybody's (decision 21, waiting). */
export function findShortage(purse: Purse, needs: Needs): keyof Purse | undefined {
  if (purse.relayer < needs.relayer) return "relayer";
  if (purse.approver < needs.approver) return "approver";
  return purse.gate < needs.gate ? "gate" : undefined;
}
