import type { Env } from "../../../contract.ts";
import { mintEvent } from "../events.ts";
import type { VerifierState } from "../state/verifier-state.ts";
import type { TokenList } from "../withdrawals/taken-tokens.ts";

/** Credits tokens that came in, or came back. Zero entries are left out of the event, and so is an empty event. */
export function mintTokens(
  env: Env,
  { balances }: VerifierState,
  ownerId: string,
  tokens: TokenList,
  memo: "deposit" | "refund",
): void {
  const some = tokens.filter(([, amount]) => amount > 0n);
  if (some.length === 0) return;
  for (const [tokenId, amount] of some) balances.mint(ownerId, tokenId, amount);
  env.log(mintEvent({ ownerId, tokens: some, memo }));
}
