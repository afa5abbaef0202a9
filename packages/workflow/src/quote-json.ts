import type { JsonObject } from "@bufbuild/protobuf";
import type { GetQuotesResponse } from "@outlayer/contracts/outlayer/planner/v1/planner";
import type { z } from "zod";
import { check, formatProblem } from "./first-problem.ts";
import { invalidJson } from "./invalid-request.ts";
import { quoteRequestSchema } from "./quote-schemas.ts";

const request = quoteRequestSchema.strip();

/** A swap that is to be quoted, as the caller wrote it. */
export type QuoteRequest = z.infer<typeof request>;

/**
 * Reads the body of a request for quotes. Values of the right type that make no sense are for the planner to refuse.
 * @param document as `readJsonObject` answers it
 * @throws InvalidRequest
 */
export function readQuoteRequest(document: JsonObject): QuoteRequest {
  const checked = check(request, document);
  if ("problem" in checked) throw invalidJson(formatProblem(checked.problem), checked.problem.place);
  return checked.value;
}

/** Quotes, as REST answers them. `quotesSchema` describes them. */
export function quotesJson({ quotes, failures }: Omit<GetQuotesResponse, "$typeName">): JsonObject {
  return {
    quotes: quotes.map((quote) => ({
      source: quote.source,
      executable: quote.executable,
      reason: quote.reason ?? null,
      token_in: quote.tokenIn,
      token_out: quote.tokenOut,
      amount_in: quote.amountIn,
      amount_out: quote.amountOut,
      min_amount_out: quote.minAmountOut ?? null,
      expires_at: quote.expiresAt,
      step: parsed(quote.stepJson),
      to_sign: parsed(quote.toSignJson),
    })),
    failures: failures.map(({ source, message }) => ({ source, message })),
  };
}

function parsed(json: string | undefined): JsonObject | null {
  return json === undefined ? null : (JSON.parse(json) as JsonObject);
}
