import type { VerifierState } from "../state/verifier-state.ts";
import type { TokenAmounts } from "../token-amounts.ts";
import type { Effects } from "./effects.ts";
import type { TransferMatcher } from "./transfer-matcher.ts";

/** One execution of a batch of payloads: the state, the matcher, and the effects. */
export interface Execution {
  readonly state: VerifierState;
  readonly matcher: TransferMatcher;
  readonly effects: Effects;
  /** The verifier's own account. */
  readonly verifierId: string;
  /** Nanoseconds since the epoch. */
  readonly nowNs: bigint;
}

/** The signer of the current payload. */
export interface Signer {
  readonly accountId: string;
  /** Base58 of the signed hash. */
  readonly intentHash: string;
}

/** One decoded step of a payload. @throws ContractPanic */
export type Intent = (execution: Execution, signer: Signer) => void;

/** Credits an account within the verifier; the batch must balance it. */
export function receive({ state, matcher }: Execution, accountId: string, amounts: TokenAmounts): void {
  for (const [tokenId, amount] of amounts) {
    state.balances.add(accountId, tokenId, amount);
    matcher.receive(accountId, tokenId, amount);
  }
}

/** Debits an account within the verifier; the batch must balance it. */
export function give({ state, matcher }: Execution, accountId: string, amounts: TokenAmounts): void {
  for (const [tokenId, amount] of amounts) {
    state.balances.subtract(accountId, tokenId, amount);
    matcher.give(accountId, tokenId, amount);
  }
}
