import { stateProblem, tooShort } from "./carried-payloads.ts";
import type { VerifierFacts } from "./facts.ts";
import type { VerifiedPayload } from "./signed-payload.ts";
import { type Delta, type TokenBalance, unbalanced } from "./swap-balance.ts";

/**
 * Why the verifier would refuse payloads beside the wallet's own diff, by what the chain says now; undefined where it would not.
 * @param own the wallet's diff: what it gives, and what it gets
 */
export function counterpartyProblem(
  read: readonly VerifiedPayload[],
  own: { readonly given: Delta; readonly got: Delta },
  place: string,
  facts: VerifierFacts,
): string | undefined {
  for (const one of read) {
    const short = tooShort(one.place, one.deadlineMs, facts.finalTimeMs);
    if (short !== undefined) return short;
  }
  const off = unbalanced([own.given, own.got, ...read.flatMap(({ diffs }) => diffs)], facts.feePips);
  const first = off.find(({ token }) => token === own.got[0]) ?? off[0];
  if (first !== undefined) return balanceProblem(first, own, place, facts.feePips);
  return stateProblem(read, facts);
}

function balanceProblem(
  balance: TokenBalance,
  { got }: { readonly got: Delta },
  place: string,
  feePips: bigint,
): string {
  const { token, delivered, taken } = balance;
  if (token === got[0] && delivered < taken) {
    const given = `counterparty_signed gives ${delivered - (taken - got[1])} of ${token}`;
    return `${place}.min_amount_out is ${got[1]}, and ${given} ${afterFee(feePips)}`;
  }
  return unbalancedText(balance, place, feePips);
}

/** Why the verifier would refuse a step, with the amounts. */
export function unbalancedText({ token, delivered, taken }: TokenBalance, place: string, feePips: bigint): string {
  return `${place} does not balance: ${delivered} of ${token} is delivered ${afterFee(feePips)}, and ${taken} is taken`;
}

const afterFee = (feePips: bigint) => `after the verifier's fee of ${feePips} millionths`;
