import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { normalizeTokenId } from "@outlayer/near";
import { InvalidRequest, type QuoteRequest, readWorkflow, type Step } from "@outlayer/workflow";
import { amountProblem } from "./amounts.ts";
import { timeText, tooShort } from "./carried-payloads.ts";
import type { Limits, VerifierFacts } from "./facts.ts";
import { mostHoldMs } from "./own-payloads.ts";
import { notAfter } from "./payload.ts";
import { plan } from "./plan.ts";

export type QuoteSourceName = "one_click" | "message_bus";

/** A swap within the verifier that is to be quoted. */
export interface SwapAsked {
  /** Full token ids. */
  readonly tokenIn: string;
  readonly tokenOut: string;
  /** The side whose amount is given. */
  readonly exact: "in" | "out";
  /** Raw units, decimal. */
  readonly amount: string;
  /** Hundredths of a percent. */
  readonly slippageBps: number;
}

/** The same, for a wallet and with its times in milliseconds since the epoch. */
export interface WalletsSwap extends SwapAsked {
  readonly accountId: string;
  /** Whether the account signs for itself, and no keystore does. */
  readonly isSession: boolean;
  readonly deadlineMs: number;
  /** Time of the final block. */
  readonly finalTimeMs: number;
}

/** What a source offers, as far as it could be read. Raw units, decimal. */
export interface Offer {
  readonly amountIn: string;
  readonly amountOut: string;
  readonly minAmountOut?: string;
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
  /** The step that takes the offer, or why there is none. */
  readonly takenBy: { readonly step: JsonObject } | { readonly reason: string };
}

/** Why a source gave no quote. */
export class QuoteFailed extends Error {
  override readonly name = "QuoteFailed";
  /** For the log alone. */
  readonly detail: string | undefined;

  /** @param message for the caller, after the source's name: `did not answer in time` */
  constructor(message: string, detail?: string) {
    super(message);
    this.detail = detail;
  }
}

/** outlayer.workflow.v1.Quote */
export interface Quote {
  readonly source: QuoteSourceName;
  readonly executable: boolean;
  readonly reason?: string;
  readonly tokenIn: string;
  readonly tokenOut: string;
  readonly amountIn: string;
  readonly amountOut: string;
  readonly minAmountOut?: string;
  readonly expiresAt: string;
  readonly stepJson?: string;
  readonly toSignJson?: string;
}

type Misfit = { readonly problem: string; readonly field: string };

const defaultSlippageBps = 100;
const mostSlippageBps = 5_000;
const minuteMs = 60_000;
const defaultValidityMs = 10 * minuteMs;

/** The swap of a request, without its deadline, which is judged by the chain's time. */
export function swapAsked(request: QuoteRequest): SwapAsked | Misfit {
  const misfit = (field: string, problem: string): Misfit => ({ field, problem: `${field} ${problem}` });
  const { amount_in: amountIn, amount_out: amountOut, slippage_bps: slippageBps = defaultSlippageBps } = request;
  const tokenIn = normalizeTokenId(request.token_in);
  if (tokenIn === undefined) return misfit("token_in", "is not a token id");
  const tokenOut = normalizeTokenId(request.token_out);
  if (tokenOut === undefined) return misfit("token_out", "is not a token id");
  if (tokenIn === tokenOut) return misfit("token_out", "must not be token_in");
  if (amountIn !== undefined && amountOut !== undefined) return misfit("amount_out", "must not stand beside amount_in");
  const exact = amountOut === undefined ? "in" : "out";
  const amount = amountIn ?? amountOut;
  if (amount === undefined) return misfit("amount_in", "or amount_out is required");
  const wrong = amountProblem(amount);
  if (wrong !== undefined) return misfit(`amount_${exact}`, wrong);
  if (slippageBps < 0 || slippageBps > mostSlippageBps)
    return misfit("slippage_bps", `must be from 0 to ${mostSlippageBps}`);
  return { tokenIn, tokenOut, exact, amount, slippageBps };
}

/** Until when a request's swap has to be done, milliseconds since the epoch. */
export function deadlineAsked(deadline: string | undefined, finalTimeMs: number): number | Misfit {
  const field = "deadline";
  const read = notAfter(deadline, "");
  if (read.problem !== undefined) return { field, problem: "deadline must be an RFC 3339 time" };
  const ms = read.ms === undefined ? finalTimeMs + defaultValidityMs : Number(read.ms);
  const [least, most] = [finalTimeMs + minuteMs, finalTimeMs + mostHoldMs];
  if (ms >= least && ms <= most) return ms;
  const [from, to] = [least, most].map((bound) => new Date(bound).toISOString());
  return { field, problem: `deadline must be from ${from} to ${to}` };
}

/**
 * A source's offer as a quote, where it is for what was asked. Its step is planned as the caller's would be: what the plan refuses
 * is not offered (rule: quote-is-held-against-the-step).
 */
export function quoteOf(
  source: QuoteSourceName,
  offer: Offer,
  asked: WalletsSwap,
  limits: Limits,
): Quote | { readonly problem: string } {
  const { amountIn, amountOut, minAmountOut, takenBy } = offer;
  if ((asked.exact === "in" ? amountIn : amountOut) !== asked.amount) return { problem: "it is for another amount" };
  const short = tooShort("it", offer.expiresAtMs, asked.finalTimeMs);
  if (short !== undefined) return { problem: short };
  const taken = "step" in takenBy ? takenAs(takenBy.step, asked, limits) : undefined;
  if (taken !== undefined && "problem" in taken) return taken;
  return {
    source,
    executable: taken !== undefined,
    ...("reason" in takenBy ? { reason: takenBy.reason } : {}),
    tokenIn: asked.tokenIn,
    tokenOut: asked.tokenOut,
    amountIn,
    amountOut,
    ...(minAmountOut === undefined ? {} : { minAmountOut }),
    expiresAt: timeText(offer.expiresAtMs),
    ...taken,
  };
}

/**
 * The step that takes a quote. A session gets the intents that a keystore would sign for a wallet, and signs them itself.
 */
function takenAs(
  step: JsonObject,
  asked: WalletsSwap,
  limits: Limits,
): Pick<Quote, "stepJson" | "toSignJson"> | { readonly problem: string } {
  const planned = plannedIntents(step, asked, limits);
  if (planned.problem !== undefined) return planned;
  if (!asked.isSession) return { stepJson: JSON.stringify(step) };
  const { deadline = null, token_out, min_amount_out, quote } = step;
  const toSign = {
    signer_id: asked.accountId,
    verifying_contract: limits.verifierId,
    deadline,
    intents: planned.intents,
  };
  const own = { kind: "intents.execute_signed", payloads: [], token_out, min_amount_out, quote };
  return { stepJson: JSON.stringify(own), toSignJson: JSON.stringify(toSign) };
}

/**
 * The intents that the plan makes of a wallet's step, or why it would not execute the step: its quote is as its source wrote it, and
 * not all of that can be in a request.
 */
function plannedIntents(
  step: JsonObject,
  { accountId, finalTimeMs }: WalletsSwap,
  limits: Limits,
): { readonly problem: string } | { readonly problem?: undefined; readonly intents: JsonValue } {
  let steps: readonly Step[];
  try {
    steps = readWorkflow({ steps: [step] }).steps;
  } catch (error) {
    if (error instanceof InvalidRequest) return { problem: error.message };
    throw error;
  }
  const verifier: VerifierFacts = { feePips: 0n, finalTimeMs, payloads: new Map() };
  const planning = plan({ steps, name: "steps" }, { accountId, feeTiers: undefined, verifier }, limits);
  const payload = planning.calls[0]?.payload;
  if (payload?.case === "intents") return { intents: JSON.parse(payload.value.intentsJson ?? "[]") };
  return { problem: planning.plan.setupRequirements[0]?.requirement ?? "it cannot be executed" };
}

/** Quotes with a step first; of the same source the best price first. */
export function inOrder(quotes: readonly Quote[], exact: SwapAsked["exact"]): Quote[] {
  const price = (one: Quote, other: Quote) =>
    exact === "in" ? compare(other.amountOut, one.amountOut) : compare(one.amountIn, other.amountIn);
  return quotes.toSorted((one, other) => {
    if (one.executable !== other.executable) return one.executable ? -1 : 1;
    return one.source === other.source ? price(one, other) : 0;
  });
}

function compare(one: string, other: string): number {
  const [a, b] = [BigInt(one), BigInt(other)];
  return a === b ? 0 : a < b ? -1 : 1;
}
