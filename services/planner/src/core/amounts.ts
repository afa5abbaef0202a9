/** Decimal digits without sign or leading zeros. */
export function isDecimal(text: string): boolean {
  return /^(?:0|[1-9]\d*)$/.test(text);
}

/** @param text decimal as `isDecimal` accepts, of any length */
export function isAtMost(text: string, max: bigint): boolean {
  // Compared by length first: turning a hostile text of digits into a number takes time quadratic in its length.
  return text.length <= max.toString().length && BigInt(text) <= max;
}

/** The keystore's sums wrap at 2^128, so every summand is kept below half of that. */
const maxAmount = 2n ** 127n - 1n;
const maxGas = 2n ** 64n - 1n;

/** Why an amount to move is invalid; undefined for a valid one. In raw units. */
export function amountProblem(text: string): string | undefined {
  return text === "0" ? "must be greater than zero" : balanceProblem(text);
}

/** Like `amountProblem`, but zero is valid. */
export function balanceProblem(text: string): string | undefined {
  if (!isDecimal(text)) return "must be a decimal string";
  return isAtMost(text, maxAmount) ? undefined : "must be below 2^127";
}

/** Like `amountProblem`, but a sign is allowed. */
export function deltaProblem(text: string): string | undefined {
  return amountProblem(text.replace(/^-/, ""));
}

export function gasProblem(text: string): string | undefined {
  if (!isDecimal(text)) return "must be a decimal string";
  return isAtMost(text, maxGas) ? undefined : "must be below 2^64";
}
