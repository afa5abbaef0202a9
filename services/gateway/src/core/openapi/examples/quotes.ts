import type { quoteRequestSchema, quotesSchema } from "@outlayer/workflow";
import type { z } from "zod";
import type { Example, Named } from "../types.ts";

const account = "423df0a6640e9467769c55a573f15b9ee999dc8970048959c72890abf5cc3a8e";
const address = "0xbff77166b39599e54e391156eef7b8191e02be92";
const amounts = { amount_in: "1000000000000000000", min_amount_out: "2494800" };
const tokens = { token_in: "nep141:wrap.near", token_out: "nep141:usdt.tether-token.near" };
const ends = "2030-01-01T00:10:00.000Z";

const asked = { ...tokens, amount_in: amounts.amount_in } satisfies z.infer<typeof quoteRequestSchema>;

const quote = {
  timestamp: "2030-01-01T00:00:00.000Z",
  signatureWithDepositAddress: "ed25519:2942gnLc…",
  quoteRequest: { swapType: "EXACT_INPUT", recipient: account, refundTo: account },
  quote: { depositAddress: address, minAmountOut: amounts.min_amount_out },
};

const priced = {
  source: "one_click",
  executable: true,
  reason: null,
  ...tokens,
  ...amounts,
  amount_out: "2520000",
  expires_at: ends,
} as const;

const offered = {
  quotes: [
    {
      ...priced,
      step: { kind: "intents.swap", ...tokens, ...amounts, deposit_address: address, deadline: ends, quote },
      to_sign: null,
    },
  ],
  failures: [{ source: "message_bus", message: "message_bus did not answer in time" }],
} satisfies z.infer<typeof quotesSchema>;

const offeredToSession = {
  quotes: [
    {
      ...priced,
      step: {
        kind: "intents.execute_signed",
        payloads: [],
        token_out: tokens.token_out,
        min_amount_out: amounts.min_amount_out,
        quote,
      },
      to_sign: {
        signer_id: account,
        verifying_contract: "intents.near",
        deadline: ends,
        intents: [{ intent: "transfer", receiver_id: address, tokens: { [tokens.token_in]: amounts.amount_in } }],
      },
    },
  ],
  failures: [],
} satisfies z.infer<typeof quotesSchema>;

export const quoteRequestExamples: Named<Example> = { exact_in: { summary: "What is given is exact", value: asked } };
export const quotesExamples: Named<Example> = {
  offered: { summary: "One source of two answers", value: offered },
  session: { summary: "For a session: what it signs", value: offeredToSession },
};
