import { z } from "zod";
import { amountProblem } from "../../core/amounts.ts";
import type { AskQuotes } from "../../core/ports.ts";
import { type Offer, QuoteFailed, type WalletsSwap } from "../../core/quotes.ts";
import { askJson, type Upstream } from "./ask-json.ts";

/** How long solvers are asked to stand by their offers, milliseconds. */
const standMs = 60_000;

/** Most offers that are read of an answer, and most that are passed on. */
const mostRead = 100;
const mostOffers = 5;

/** The bus takes the wallet's payload and has solvers sign beside it: rule: unsubmitted-signature-stays-secret. */
const reason =
  "a solver signs only for a payload that the wallet has signed and handed to the message bus, and nobody outside sees one before its submission is on record";

const amount = z
  .string()
  .max(64)
  .refine((text) => amountProblem(text) === undefined);
const offer = z.object({
  defuse_asset_identifier_in: z.string(),
  defuse_asset_identifier_out: z.string(),
  amount_in: amount,
  amount_out: amount,
  expiration_time: z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
});
const answer = z.union([
  z.object({ result: z.array(z.unknown()).nullable() }),
  z.object({ error: z.looseObject({}) }).transform(() => undefined),
]);

/**
 * `quote` of the message bus, JSON-RPC. It gives prices alone: with them comes nothing that a solver has signed. Its other method,
 * `publish_intent`, is not there (ADR 28). Source: docs/counterparts/quotes.md.
 * @param upstream its URL with the path
 */
export function askMessageBus(upstream: Upstream): AskQuotes {
  return async (swap, signal) => {
    const params = [
      {
        defuse_asset_identifier_in: swap.tokenIn,
        defuse_asset_identifier_out: swap.tokenOut,
        [`exact_amount_${swap.exact}`]: swap.amount,
        min_deadline_ms: standMs,
      },
    ];
    const given = await askJson(upstream, { jsonrpc: "2.0", id: 1, method: "quote", params }, signal);
    const read = answer.safeParse(given);
    if (!read.success) throw new QuoteFailed("answered something else than quotes");
    if (read.data === undefined) throw new QuoteFailed("does not quote these tokens and amounts");
    const offers = (read.data.result ?? []).slice(0, mostRead).flatMap((one) => offerOf(one, swap));
    if (offers.length === 0) throw new QuoteFailed("has no quote for these tokens and amounts");
    return best(offers, swap).slice(0, mostOffers);
  };
}

/** Solvers are many: what one of them says wrongly does not stand for the others. */
function offerOf(given: unknown, { tokenIn, tokenOut, exact, amount }: WalletsSwap): readonly Offer[] {
  const read = offer.safeParse(given);
  if (!read.success) return [];
  const { amount_in: amountIn, amount_out: amountOut, expiration_time: expiresAtMs, ...tokens } = read.data;
  if (tokens.defuse_asset_identifier_in !== tokenIn || tokens.defuse_asset_identifier_out !== tokenOut) return [];
  if ((exact === "in" ? amountIn : amountOut) !== amount) return [];
  return [{ amountIn, amountOut, expiresAtMs, takenBy: { reason } }];
}

function best(offers: readonly Offer[], { exact }: WalletsSwap): readonly Offer[] {
  const gain = ({ amountIn, amountOut }: Offer) => (exact === "in" ? BigInt(amountOut) : -BigInt(amountIn));
  return offers.toSorted((one, other) => (gain(one) > gain(other) ? -1 : 1));
}
