import type { JsonObject } from "@bufbuild/protobuf";
import type { Step } from "@outlayer/workflow";
import { tooShort } from "./carried-payloads.ts";
import { quoteMismatch, readDepositQuote } from "./deposit-quote.ts";
import type { Facts, Limits } from "./facts.ts";
import { type BuiltPayload, type IntentsInit, problem } from "./payload.ts";
import { transferPayload } from "./transfer.ts";

type Swap = Extract<Step, { form: "intents.swap" }>["fields"];

/**
 * A transfer to a quote's deposit address. What comes back is the doing of whoever gave the quote, and no chain holds them to it:
 * their signed quote is held against the step, where the step has it; without it the plan says that a minimum is not held against
 * anything (rule: quote-is-held-against-the-step).
 * @param tokens full ids
 * @param deadlineMs the step's, milliseconds since the epoch
 */
export function depositSwapPayload(
  { deposit_address: address, ...swap }: Swap & { readonly deposit_address: string },
  { tokenIn, tokenOut }: { readonly tokenIn: string; readonly tokenOut: string },
  deadlineMs: bigint | undefined,
  place: string,
  facts: Facts,
  limits: Limits,
): BuiltPayload {
  if (swap.referral !== undefined) return problem(`${place}.referral is not supported beside deposit_address`);
  const quote =
    swap.quote === undefined
      ? undefined
      : readDepositQuote(swap.quote as JsonObject, `${place}.quote`, limits.oneClickKey);
  if (quote !== undefined && "problem" in quote) return quote;
  const depositMemo = swap.deposit_memo ?? quote?.depositMemo;
  if (depositMemo !== undefined && swap.memo !== undefined && swap.memo !== depositMemo)
    return problem(`${place}.memo must be the deposit memo, for a transfer has one memo`);
  if (quote !== undefined) {
    const minAmountOut = swap.min_amount_out === undefined ? undefined : BigInt(swap.min_amount_out);
    const amounts = { amountIn: BigInt(swap.amount_in), minAmountOut };
    const asked = { tokenIn, tokenOut, ...amounts, depositAddress: address, depositMemo: swap.deposit_memo };
    const places = {
      tokenIn: `${place}.token_in`,
      tokenOut: `${place}.token_out`,
      amountIn: `${place}.amount_in`,
      minAmountOut: `${place}.min_amount_out`,
      depositAddress: `${place}.deposit_address`,
      depositMemo: `${place}.deposit_memo`,
    };
    const found = quoteMismatch(quote, asked, places, facts.accountId);
    if (found !== undefined) return problem(found);
  }
  // A deposit that comes later is refunded at best.
  const quoteEndsFirst = quote !== undefined && (deadlineMs === undefined || BigInt(quote.endsAtMs) <= deadlineMs);
  const latestMs = quoteEndsFirst ? BigInt(quote.endsAtMs) : deadlineMs;
  if (latestMs !== undefined && facts.verifier !== undefined) {
    const ends = quoteEndsFirst ? quote.place : `${place}.deadline`;
    const short = tooShort(ends, Number(latestMs), facts.verifier.finalTimeMs);
    if (short !== undefined) return problem(short);
  }
  const places = {
    token: `${place}.token_in`,
    amount: `${place}.amount_in`,
    receiver: `${place}.deposit_address`,
    minGas: `${place}.min_gas`,
  };
  const memo = depositMemo ?? swap.memo;
  const transfer = { token: tokenIn, amount: swap.amount_in, receiver_id: address, memo };
  const built = transferPayload(transfer, places, facts, latestMs);
  if (built.problem !== undefined || built.value.case !== "intents") return built;
  // The quote names whose it is: signer-proxy holds that against the account, which may be unknown here.
  const signer = quote === undefined ? {} : { signerId: quote.recipient };
  return {
    value: { case: "intents", value: { ...(built.value.value as IntentsInit), ...signer } },
    accountUnchecked: built.accountUnchecked,
    ...(quote === undefined ? {} : { quoted: { address, place: `${place}.deposit_address` } }),
    quoteUnchecked: quote === undefined && swap.min_amount_out !== undefined,
    timeUnchecked: latestMs !== undefined && facts.verifier === undefined,
  };
}
