import { z } from "zod";

const text = (description: string, example: string) => z.string().meta({ description, examples: [example] });
const wrap = "nep141:wrap.near";
const usdt = "nep141:usdt.tether-token.near";

/** Body of `POST /wallet/v1/quotes`. */
export const quoteRequestSchema = z
  .looseObject({
    token_in: text("The token given; without a standard's prefix it is taken as `nep141:<token>`.", wrap),
    token_out: text("The token got.", usdt),
    amount_in: text("Raw units of `token_in`, decimal; this or `amount_out`.", "1000000000000000000").optional(),
    amount_out: text("Raw units of `token_out`, decimal; this or `amount_in`.", "2500000").optional(),
    slippage_bps: z
      .int()
      .meta({
        description: "By how many hundredths of a percent the swap may miss; 0 to 5000, default 100.",
        examples: [100],
      })
      .optional(),
    deadline: text(
      "Until when the swap has to be done, RFC 3339: one minute to one day from now; in ten minutes by default.",
      "2030-01-01T00:00:00Z",
    ).optional(),
  })
  .meta({ id: "QuoteRequest", description: "A swap that is to be quoted, within the verifier." });

const source = z
  .enum(["one_click", "message_bus"])
  .meta({ description: "Who was asked: 1Click, or the solvers of the message bus.", examples: ["one_click"] });

const toSign = z
  .object({
    signer_id: text("The session's account.", "alice.near"),
    verifying_contract: text("The verifier; in NEP-413 the recipient.", "intents.near"),
    deadline: text("RFC 3339. A payload that outlives the quote is refused.", "2030-01-01T00:00:00.000Z"),
    intents: z.array(z.record(z.string(), z.json())).meta({
      description: "One transfer, to the quote's deposit address.",
      examples: [[{ intent: "transfer", receiver_id: "mike.near", tokens: { [wrap]: "1" } }]],
    }),
  })
  .meta({ id: "QuoteToSign", description: "The verifier's message for a quote's deposit, less its nonce." });

const quoteSchema = z
  .object({
    source,
    executable: z.boolean().meta({ description: "`step` takes the quote; a price to look at where false." }),
    reason: z
      .string()
      .nullable()
      .meta({ description: "Why there is no step; else null.", examples: [null] }),
    token_in: text("Full id of the token given.", wrap),
    token_out: text("Full id of the token got.", usdt),
    amount_in: text("Raw units, decimal.", "1000000000000000000"),
    amount_out: text("Raw units, decimal; what is expected.", "2520000"),
    min_amount_out: z
      .string()
      .nullable()
      .meta({ description: "What is promised at least; null where nothing is.", examples: ["2494800"] }),
    expires_at: text("Until when it holds, RFC 3339.", "2030-01-01T00:00:00.000Z"),
    step: z.record(z.string(), z.json()).nullable().meta({
      description:
        "The step of a workflow that takes the quote: `intents.swap` as it is, and for a session `intents.execute_signed`, once the signed payload stands in its empty `payloads`. Null where there is none.",
    }),
    to_sign: toSign.nullable().meta({
      description:
        "For a session: what its account signs with a nonce of its own, in any standard of the verifier's. Else null.",
    }),
  })
  .meta({ id: "Quote", description: "What a source offers." });

export const quotesSchema = z
  .object({
    quotes: z.array(quoteSchema).meta({ description: "Those with a step first, the best price of a source first." }),
    failures: z
      .array(
        z
          .object({
            source,
            message: text("What came of asking it.", "one_click did not answer in time"),
          })
          .meta({ id: "QuoteFailure", description: "A source that gave no quote." }),
      )
      .meta({ description: "The sources that gave none." }),
  })
  .meta({ id: "Quotes", description: "What the sources offer that the operator has configured." });
