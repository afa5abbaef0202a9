/** Delegate nonces stay below 2^53 (rule: delegate-nonce-comes-once), so that every JSON reader reads them exactly. */
const maxNonce = 2n ** 53n - 1n;

/**
 * The next nonces of a sender, ascending without gaps, from max(last + 1, atLeast).
 * @param last the highest nonce reserved so far
 * @throws RangeError when too few are left
 */
export function noncesFrom(
  senderId: string,
  last: bigint | undefined,
  count: number,
  atLeast: bigint,
): readonly bigint[] {
  const first = last === undefined || last < atLeast ? atLeast : last + 1n;
  if (first + BigInt(count) > maxNonce) throw new RangeError(`nonces of ${senderId} are used up`);
  return Array.from({ length: count }, (_, index) => first + BigInt(index));
}
