import type { JsonObject } from "@bufbuild/protobuf";
import { readDepositQuote } from "../../core/deposit-quote.ts";
import type { AskQuotes } from "../../core/ports.ts";
import { QuoteFailed, type WalletsSwap } from "../../core/quotes.ts";
import { askJson, type Upstream } from "./ask-json.ts";

/** What of an answer stands in the step: the signed quote, and what its giver asks to be kept with it. */
const kept = ["correlationId", "timestamp", "signature", "signatureWithDepositAddress", "quoteRequest", "quote"];

/**
 * `POST /v0/quote` of 1Click, for a deposit, a refund and a payout within the verifier. Source: docs/counterparts/quotes.md.
 * @param upstream its URL without the path
 * @param signer the key with which it signs: `ed25519:` and base58
 */
export function askOneClick(upstream: Upstream, signer: string): AskQuotes {
  const asked = { ...upstream, url: `${upstream.url}/v0/quote` };
  return async (swap, signal) => {
    const request = requestOf(swap);
    const answer = await askJson(asked, request, signal);
    const given = Object.fromEntries(Object.entries(answer).filter(([name]) => kept.includes(name)));
    const quote = readDepositQuote(given, "its quote", signer);
    if ("problem" in quote) throw new QuoteFailed(`answered something else than a quote: ${quote.problem}`);
    // Its signature covers what it says was asked: an answer to somebody else's question is signed as well.
    const echo = Object(given.quoteRequest) as JsonObject;
    const other = Object.keys(request).find((name) => name !== "deadline" && echo[name] !== request[name]);
    if (other !== undefined) throw new QuoteFailed(`answered another question, with another ${other}`);
    const { depositAddress, depositMemo, amountIn, amountOut, minAmountOut, endsAtMs } = quote;
    const amounts = { amountIn: `${amountIn}`, amountOut: `${amountOut}`, minAmountOut: `${minAmountOut}` };
    const step = {
      kind: "intents.swap",
      token_in: swap.tokenIn,
      token_out: swap.tokenOut,
      amount_in: amounts.amountIn,
      min_amount_out: amounts.minAmountOut,
      deposit_address: depositAddress,
      ...(depositMemo === undefined ? {} : { deposit_memo: depositMemo }),
      // The source may offer for longer than the caller wants.
      deadline: new Date(Math.min(endsAtMs, swap.deadlineMs)).toISOString(),
      quote: given,
    };
    return [{ ...amounts, expiresAtMs: endsAtMs, takenBy: { step } }];
  };
}

function requestOf(swap: WalletsSwap): JsonObject {
  return {
    dry: false,
    swapType: swap.exact === "in" ? "EXACT_INPUT" : "EXACT_OUTPUT",
    slippageTolerance: swap.slippageBps,
    originAsset: swap.tokenIn,
    depositType: "INTENTS",
    destinationAsset: swap.tokenOut,
    amount: swap.amount,
    refundTo: swap.accountId,
    refundType: "INTENTS",
    recipient: swap.accountId,
    recipientType: "INTENTS",
    deadline: new Date(swap.deadlineMs).toISOString(),
  };
}
