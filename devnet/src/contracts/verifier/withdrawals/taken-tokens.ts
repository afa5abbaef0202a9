import type { Effects } from "../engine/effects.ts";
import type { VerifierState } from "../state/verifier-state.ts";

/** Token and amount, in the order in which they are taken. */
export type TokenList = readonly (readonly [tokenId: string, amount: bigint])[];

/** Burns what leaves the verifier. @throws ContractPanic as the balances refuse it */
export function takeTokens(state: VerifierState, effects: Effects, ownerId: string, tokens: TokenList): void {
  state.accounts.assertCanSpend(ownerId);
  for (const [tokenId, amount] of tokens) state.balances.burn(ownerId, tokenId, amount);
  effects.burnt({ ownerId, tokens, memo: "withdraw" });
}
