import type { JsonObject } from "@bufbuild/protobuf";
import { normalizeTokenId } from "@outlayer/near";
import type { Step } from "@outlayer/workflow";
import { z } from "zod";
import { amountProblem } from "./amounts.ts";
import { timeText, tooShort } from "./carried-payloads.ts";
import { quoteMismatch, readDepositQuote } from "./deposit-quote.ts";
import type { Facts, Limits } from "./facts.ts";
import { problem, type Quoted } from "./payload.ts";
import type { SignedPayload } from "./signed-payload.ts";

type SignedFields = Extract<Step, { form: "intents.execute_signed" }>["fields"];

/** A deposit and nothing else: a notification or a second token is none of the quote's. */
const deposit = z.strictObject({
  intent: z.literal("transfer"),
  receiver_id: z.string(),
  tokens: z.record(z.string(), z.string()),
  memo: z.string().nullish(),
  msg: z.null().optional(),
  min_gas: z.null().optional(),
});

/**
 * Holds what a session's account has signed against the quote in its step, as a wallet's swap is held against its own: one payload
 * with one transfer, of the quote's token, amount and memo to its address, that ends with the quote
 * (rule: quote-is-held-against-the-step).
 * @param payloads the step's, whose intents the verifier takes
 * @param session the account that signed in
 * @returns no deposit for a step without a quote
 */
export function signedDeposit(
  { quote: given, token_out, min_amount_out: min }: SignedFields,
  payloads: readonly SignedPayload[],
  place: string,
  { verifier }: Facts,
  limits: Limits,
  session: string,
): { readonly problem: string } | { readonly problem?: undefined; readonly quoted?: Quoted } {
  if (given === undefined) {
    if (token_out !== undefined) return problem(`${place}.token_out is not supported without quote`);
    return min === undefined ? {} : problem(`${place}.min_amount_out is not supported without quote`);
  }
  // What is wanted is said beside the quote, so that the quote is held against something.
  if (token_out === undefined) return problem(`${place}.token_out is required beside quote`);
  const tokenOut = normalizeTokenId(token_out);
  if (tokenOut === undefined) return problem(`${place}.token_out is not a token id`);
  const wrong = min === undefined ? undefined : amountProblem(min);
  if (wrong !== undefined) return problem(`${place}.min_amount_out ${wrong}`);
  const [payload, ...otherPayloads] = payloads;
  const [intent, ...otherIntents] = payload?.intents ?? [];
  const read = deposit.safeParse(intent);
  const [tokens, ...otherTokens] = read.success ? Object.entries(read.data.tokens) : [];
  const others = otherPayloads.length + otherIntents.length + otherTokens.length;
  if (payload === undefined || !read.success || tokens === undefined || others > 0) {
    return problem(`${place}.payloads must hold the quote's deposit alone: one payload with one transfer of one token`);
  }
  const quote = readDepositQuote(given as JsonObject, `${place}.quote`, limits.oneClickKey);
  if ("problem" in quote) return quote;
  const [tokenIn, amountIn] = tokens;
  const { receiver_id: depositAddress, memo } = read.data;
  const at = `${payload.place}.intents[0]`;
  const places = {
    tokenIn: `${at}.tokens`,
    tokenOut: `${place}.token_out`,
    amountIn: `${at}.tokens["${tokenIn}"]`,
    minAmountOut: `${place}.min_amount_out`,
    depositAddress: `${at}.receiver_id`,
    depositMemo: `${at}.memo`,
  };
  const minAmountOut = min === undefined ? undefined : BigInt(min);
  const amounts = { amountIn: BigInt(amountIn), minAmountOut };
  const swap = { tokenIn, tokenOut, ...amounts, depositAddress, depositMemo: memo ?? undefined };
  const found = quoteMismatch(quote, swap, places, session);
  if (found !== undefined) return problem(found);
  if (quote.depositMemo !== undefined && memo == null)
    return problem(`${places.depositMemo} must be the quote's deposit memo`);
  const short = verifier === undefined ? undefined : tooShort(quote.place, quote.endsAtMs, verifier.finalTimeMs);
  if (short !== undefined) return problem(short);
  if (payload.deadlineMs > quote.endsAtMs) {
    return problem(
      `${payload.place} holds until ${timeText(payload.deadlineMs)}: the quote ends at ${timeText(quote.endsAtMs)}, and a deposit after that may be lost`,
    );
  }
  return { quoted: { address: depositAddress, place: places.depositAddress } };
}
