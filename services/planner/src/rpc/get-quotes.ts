import type { JsonObject } from "@bufbuild/protobuf";
import { sessionAccountOf, type WalletCaller } from "@outlayer/access";
import type { GetQuotesRequest } from "@outlayer/contracts/outlayer/planner/v1/planner";
import { QuoteRequestSchema } from "@outlayer/contracts/outlayer/workflow/v1/quote";
import { invalid, type Logger, notFound, unavailable } from "@outlayer/kit";
import { readQuoteRequest } from "@outlayer/workflow";
import { gateFor } from "../core/assign-gate.ts";
import type { Limits } from "../core/facts.ts";
import { noServiceWallet } from "../core/own-payloads.ts";
import type { AskQuotes, FetchFacts, FetchPayloadFacts } from "../core/ports.ts";
import {
  deadlineAsked,
  inOrder,
  type Quote,
  QuoteFailed,
  type QuoteSourceName,
  quoteOf,
  swapAsked,
  type WalletsSwap,
} from "../core/quotes.ts";
import { documentOfMessage, documentOfText, reading } from "./document.ts";

export interface QuoteDeps {
  readonly limits: Limits;
  readonly fetchFacts: FetchFacts;
  readonly fetchPayloadFacts: FetchPayloadFacts;
  /** Those that the operator has configured. */
  readonly sources: ReadonlyMap<QuoteSourceName, AskQuotes>;
  readonly logger: Logger;
}

/**
 * Time limit for the facts by which quotes are judged, milliseconds: none can be given without. With the 5 s of the count before
 * and the 6 s of the sources it leaves a second of the 15 s that the gateway waits.
 */
const patienceMs = 3_000;

interface Outcome {
  readonly quotes: readonly Quote[];
  /** Undefined where there are quotes. */
  readonly failure: string | undefined;
}

/** Asks every source at once. A source that fails is named, and takes nothing from the others. */
export async function getQuotes(
  deps: QuoteDeps,
  { body }: GetQuotesRequest,
  caller: WalletCaller,
  signal: AbortSignal,
) {
  const request = reading(() => readQuoteRequest(quoteDocument(body)));
  const swap = swapAsked(request);
  if ("problem" in swap) throw misfit(swap);
  if (deps.sources.size === 0) throw notFound("no source of quotes is configured here", { reason: "NO_QUOTE_SOURCE" });
  const session = sessionAccountOf(caller.walletId);
  if (session !== undefined && !deps.limits.carriesOwnPayloads) {
    throw notFound(`what a session signs cannot be carried here: ${noServiceWallet}`, { reason: "NO_SERVICE_WALLET" });
  }
  const [accountId, verifier] = await Promise.all([
    session ?? accountOf(deps, caller.walletId, signal),
    deps.fetchPayloadFacts([], signal, patienceMs),
  ]);
  if (accountId === undefined) throw unavailable("the wallet's account is not to be had now: try again");
  if (verifier === undefined) throw unavailable("the chain's time is not to be had from NEAR now: try again");
  const { finalTimeMs } = verifier;
  const deadlineMs = deadlineAsked(request.deadline, finalTimeMs);
  if (typeof deadlineMs !== "number") throw misfit(deadlineMs);
  const asked: WalletsSwap = { ...swap, accountId, isSession: session !== undefined, deadlineMs, finalTimeMs };
  const names = [...deps.sources.keys()];
  const outcomes = await Promise.all(names.map((name) => outcomeOf(deps, name, asked, signal)));
  return {
    quotes: inOrder(
      outcomes.flatMap(({ quotes }) => quotes),
      asked.exact,
    ),
    failures: outcomes.flatMap(({ failure }, index) => {
      const source = names[index];
      return failure === undefined || source === undefined ? [] : [{ source, message: `${source} ${failure}` }];
    }),
  };
}

async function accountOf({ limits, fetchFacts }: QuoteDeps, walletId: string, signal: AbortSignal) {
  const of = { walletId, gateId: gateFor(walletId, limits.gates).gateId };
  return (await fetchFacts(of, ["wallet_account"], signal, patienceMs)).accountId;
}

async function outcomeOf(
  { sources, limits, logger }: QuoteDeps,
  name: QuoteSourceName,
  asked: WalletsSwap,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    const offers = (await sources.get(name)?.(asked, signal)) ?? [];
    const judged = offers.map((offer) => quoteOf(name, offer, asked, limits));
    const quotes = judged.flatMap((one) => ("problem" in one ? [] : [one]));
    const [wrong] = judged.flatMap((one) => ("problem" in one ? [one.problem] : []));
    return { quotes, failure: quotes.length > 0 ? undefined : `answered with a quote that is refused: ${wrong}` };
  } catch (error) {
    if (!(error instanceof QuoteFailed)) throw error;
    const { message, detail } = error;
    logger.info({ source: name, message, detail }, "source gave no quote");
    return { quotes: [], failure: message };
  }
}

function misfit({ problem, field }: { readonly problem: string; readonly field: string }) {
  return invalid(problem, { reason: "INVALID_QUOTE_REQUEST", field });
}

/** @throws as documentOfText; Refusal InvalidArgument without a body */
function quoteDocument(body: GetQuotesRequest["body"]): JsonObject {
  switch (body.case) {
    case "quote":
      return documentOfMessage(QuoteRequestSchema, body.value, undefined);
    case "quoteJson":
      return documentOfText(body.value);
    case undefined:
      throw invalid("a swap to quote is required");
  }
}
