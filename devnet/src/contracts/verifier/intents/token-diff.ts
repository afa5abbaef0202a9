import { accountId, type Decoder, object, optional, text } from "../../sdk/decoder.ts";
import { require } from "../../sdk/panic.ts";
import { give, type Intent, receive } from "../engine/execution.ts";
import { intentEvent } from "../events.ts";
import { MAX_PIPS } from "../state/config.ts";
import { amountsJson, tokenDeltas } from "../token-amounts.ts";
import { standardOf } from "../token-id.ts";

const fields = object({ diff: tokenDeltas, memo: optional(text), referral: optional(accountId) });

/**
 * Gives and takes tokens, against other payloads of the batch that take and give them. A fee is taken out of the given amount, so
 * that others receive less.
 */
export const tokenDiffIntent: Decoder<Intent> = {
  decode(value) {
    const { diff, memo, referral } = fields.decode(value);
    return (execution, { accountId: signerId, intentHash }) => {
      const { state, effects } = execution;
      const { feePips, feeCollectorId } = state.config;
      require(diff.size > 0, "invalid intent");
      const fees = new Map<string, bigint>();
      for (const [tokenId, delta] of diff) {
        require(delta !== 0n, "invalid intent");
        if (delta > 0n) {
          receive(execution, signerId, new Map([[tokenId, delta]]));
        } else {
          give(execution, signerId, new Map([[tokenId, -delta]]));
          const fee = feeOf(tokenId, -delta, feePips);
          if (fee > 0n) fees.set(tokenId, fee);
        }
      }
      const fees_collected = fees.size > 0 ? amountsJson(fees) : undefined;
      const data = {
        intent_hash: intentHash,
        account_id: signerId,
        diff: amountsJson(diff),
        memo,
        referral,
        fees_collected,
      };
      effects.emit(intentEvent("token_diff", [data]));
      receive(execution, feeCollectorId, fees);
    };
  },
};

/** Rounded up; none on NFTs and on a single unit of a multi-token. */
function feeOf(tokenId: string, amount: bigint, feePips: number): bigint {
  const standard = standardOf(tokenId);
  if (standard === "nep171" || (standard !== "nep141" && amount <= 1n)) return 0n;
  const whole = BigInt(MAX_PIPS);
  return (amount * BigInt(feePips) + whole - 1n) / whole;
}
