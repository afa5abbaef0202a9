/** A token and an amount, negative where it is given. Raw units. */
export type Delta = readonly [token: string, amount: bigint];

export interface TokenBalance {
  readonly token: string;
  /** What reaches others of all that is given, less the verifier's fee. */
  readonly delivered: bigint;
  readonly taken: bigint;
}

const wholePips = 1_000_000n;

/**
 * The verifier's fee on an amount that is given, rounded up. None on NFTs, nor on a single unit of a multi-token, which may be
 * one. Source: docs/counterparts/verifier.md.
 */
export function verifierFee(token: string, amount: bigint, feePips: bigint): bigint {
  const isWhole = token.startsWith("nep171:") || (!token.startsWith("nep141:") && amount <= 1n);
  return isWhole ? 0n : (amount * feePips + wholePips - 1n) / wholePips;
}

/**
 * The tokens of which not exactly as much is taken as is delivered, in order of their ids. The verifier executes a batch of
 * `token_diff` intents only if there is none.
 */
export function unbalanced(deltas: readonly Delta[], feePips: bigint): readonly TokenBalance[] {
  const sums = new Map<string, { delivered: bigint; taken: bigint }>();
  for (const [token, amount] of deltas) {
    const sum = sums.get(token) ?? { delivered: 0n, taken: 0n };
    if (amount > 0n) sum.taken += amount;
    else sum.delivered += -amount - verifierFee(token, -amount, feePips);
    sums.set(token, sum);
  }
  return [...sums]
    .map(([token, sum]) => ({ token, ...sum }))
    .filter(({ delivered, taken }) => delivered !== taken)
    .sort((a, b) => (a.token < b.token ? -1 : 1));
}
