import type { VerifierState } from "../state/verifier-state.ts";
import type { TokenAmounts } from "../token-amounts.ts";
import type { Effects } from "./effects.ts";
import type { TransferMatcher } from "./transfer-matcher.ts";

/** One run over a batch of payloads: the state it changes, the balance it keeps, what it shows. */
export interface Execution {
  readonly state: VerifierState;
  readonly matcher: TransferMatcher;
  readonly effects: Effects;
  /** The verifier's own account. */
  readonly verifierId: string;
  /** Nanoseconds since the epoch. */
  readonly nowNs: bigint;
}

/** Who signed the payload at hand. */
export interface Signer {
  readonly accountId: string;
  /** Base58 of what was signed. */
  readonly intentHash: string;
}

/** One step of a payload, read and ready. @throws ContractPanic */
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
