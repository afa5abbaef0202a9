/** Least price of a gas unit in yoctoNEAR, from protocol 85 on: 0.001 NEAR per Tgas. */
export const minGasPrice = 1_000_000_000n;

/** Gas units that NEAR takes for a transaction itself, beside those attached: more than one with long arguments costs. */
export const transactionGas = 5_000_000_000_000n;
