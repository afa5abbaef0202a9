import type { JsonObject } from "@bufbuild/protobuf";
import {
  EncodingError,
  encodeBase58,
  normalizeTokenId,
  parsePublicKey,
  parseSignature,
  sha256,
  verifySignature,
} from "@outlayer/near";
import { canonicalJson, formatPlace } from "@outlayer/workflow";
import { z } from "zod";
import { amountProblem } from "./amounts.ts";
import { problem } from "./payload.ts";

/** A quote of 1Click for a swap by deposit address, as far as it is held to. */
export interface DepositQuote {
  /** E.g. `steps[0].quote`. */
  readonly place: string;
  readonly depositAddress: string;
  /** To be sent with the deposit; undefined where none is asked for. */
  readonly depositMemo: string | undefined;
  /** Full token ids; raw units. */
  readonly tokenIn: string;
  readonly tokenOut: string;
  readonly amountIn: bigint;
  readonly amountOut: bigint;
  readonly minAmountOut: bigint;
  /** Accounts in the verifier. */
  readonly recipient: string;
  readonly refundTo: string;
  /** The deposit has to be there by then, milliseconds since the epoch. */
  readonly endsAtMs: number;
}

type Problem = { readonly problem: string };

const text = z.string({ error: "must be a string" }).max(256, "is too long");
const time = z.iso
  .datetime({ offset: true, error: "must be an RFC 3339 time" })
  .transform((given) => Date.parse(given));
const amount = text
  .refine((given) => amountProblem(given) === undefined, "must be a decimal amount")
  .transform((given) => BigInt(given));
const token = text.transform((given, context) => {
  const id = normalizeTokenId(given);
  if (id !== undefined) return id;
  context.addIssue({ code: "custom", message: "is not a token id" });
  return z.NEVER;
});
const withinVerifier = z.literal("INTENTS", { error: "must be INTENTS" });
/** What would have tokens go elsewhere, or other tokens come in. */
const absent = z.union([z.null(), z.literal("")], { error: "is not supported" }).optional();
const object = { error: "must be an object" };

const quoteResponse = z.looseObject({
  quoteRequest: z.looseObject(
    {
      dry: z.literal(false, { error: "must be false" }),
      swapType: z.enum(["EXACT_INPUT", "EXACT_OUTPUT"], { error: "must be EXACT_INPUT or EXACT_OUTPUT" }),
      originAsset: token,
      depositType: withinVerifier,
      destinationAsset: token,
      refundTo: text,
      refundType: withinVerifier,
      recipient: text,
      recipientType: withinVerifier,
      deadline: time,
      virtualChainRecipient: absent,
      virtualChainRefundRecipient: absent,
      customRecipientMsg: absent,
    },
    object,
  ),
  quote: z.looseObject(
    {
      depositAddress: text,
      depositMemo: text.nullish(),
      amountIn: amount,
      amountOut: amount,
      minAmountOut: amount,
      deadline: time,
      timeWhenInactive: time.nullish(),
      virtualChainRecipient: absent,
      virtualChainRefundRecipient: absent,
      customRecipientMsg: absent,
    },
    object,
  ),
  timestamp: text,
  signatureWithDepositAddress: text,
});

/**
 * The fields that 1Click signs; of the rest the signature says nothing. Those of the second list count where they say something.
 * Where both have a name, the quote's field is signed.
 */
const signedOfRequest = {
  always: [
    "dry",
    "swapType",
    "slippageTolerance",
    "originAsset",
    "depositType",
    "destinationAsset",
    "amount",
    "refundTo",
    "refundType",
    "recipient",
    "recipientType",
    "deadline",
  ],
  present: [
    "quoteWaitingTimeMs",
    "referral",
    "virtualChainRecipient",
    "virtualChainRefundRecipient",
    "customRecipientMsg",
  ],
} as const;
const signedOfQuote = {
  always: [
    "amountIn",
    "amountInFormatted",
    "amountInUsd",
    "minAmountIn",
    "amountOut",
    "amountOutFormatted",
    "amountOutUsd",
    "minAmountOut",
  ],
  present: [
    "depositAddress",
    "depositMemo",
    "chainDepositAddresses",
    "deadline",
    "timeWhenInactive",
    "timeEstimate",
    "virtualChainRecipient",
    "virtualChainRefundRecipient",
    "customRecipientMsg",
    "refundFee",
    "withdrawFee",
  ],
} as const;

/**
 * Reads a quote of 1Click, as `POST /v0/quote` answers it: `{quoteRequest, quote, timestamp, signatureWithDepositAddress}`.
 * @param place e.g. `steps[0].quote`
 * @param signer the key that has to have signed it: `ed25519:` and base58
 */
export function readDepositQuote(given: JsonObject, place: string, signer: string): DepositQuote | Problem {
  const read = quoteResponse.safeParse(given);
  if (!read.success) {
    const [issue] = read.error.issues;
    return problem(`${place}${formatPlace(issue?.path ?? []).slice(1)} ${issue?.message}`);
  }
  if (!isSignedBy(given, read.data.signatureWithDepositAddress, signer)) {
    return problem(`${place} is not signed by ${signer}, the key of 1Click`);
  }
  const { quoteRequest, quote } = read.data;
  return {
    place,
    depositAddress: quote.depositAddress,
    depositMemo: quote.depositMemo || undefined,
    tokenIn: quoteRequest.originAsset,
    tokenOut: quoteRequest.destinationAsset,
    amountIn: quote.amountIn,
    amountOut: quote.amountOut,
    minAmountOut: quote.minAmountOut,
    recipient: quoteRequest.recipient,
    refundTo: quoteRequest.refundTo,
    endsAtMs: Math.min(quoteRequest.deadline, quote.deadline, quote.timeWhenInactive ?? quote.deadline),
  };
}

/**
 * Whether a quote is signed with its deposit address: Ed25519 over the base58 text of the SHA-256 of the JSON of its signed
 * fields, by name. Source: docs/counterparts/quotes.md.
 */
export function isSignedBy(given: JsonObject, signature: string, signer: string): boolean {
  const signed = {
    ...picked(given.quoteRequest, signedOfRequest),
    ...picked(given.quote, signedOfQuote),
    timestamp: given.timestamp ?? null,
  };
  const hash = encodeBase58(sha256(canonicalJson(signed)));
  try {
    return verifySignature(parsePublicKey(signer), new TextEncoder().encode(hash), parseSignature(signature));
  } catch (error) {
    if (error instanceof EncodingError) return false;
    throw error;
  }
}

function picked(
  given: unknown,
  { always, present }: { readonly always: readonly string[]; readonly present: readonly string[] },
): JsonObject {
  const fields = Object(given) as JsonObject;
  return Object.fromEntries(
    [...always, ...present.filter((name) => Boolean(fields[name]))].flatMap((name) => {
      const value = fields[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Why a step is refused beside an earlier one with the same quote. */
export function sameQuoteText(place: string, earlier: string): string {
  return `${place} is ${earlier}: a quote is for one deposit`;
}

/** What a step says that has to be the quote's. */
export interface QuotedSwap {
  readonly tokenIn: string;
  readonly tokenOut: string;
  /** Raw units. */
  readonly amountIn: bigint;
  /** Undefined where the step asks for none. */
  readonly minAmountOut: bigint | undefined;
  readonly depositAddress: string;
  readonly depositMemo: string | undefined;
}

/**
 * Why a step is not what its quote is for; undefined where it is.
 * @param places of the swap's fields in the request, e.g. `steps[0].token_in`
 * @param accountId the wallet's; undefined: not known
 */
export function quoteMismatch(
  quote: DepositQuote,
  swap: QuotedSwap,
  places: { readonly [field in keyof QuotedSwap]: string },
  accountId: string | undefined,
): string | undefined {
  if (swap.depositAddress !== quote.depositAddress) return `${places.depositAddress} is not the quote's`;
  if (swap.depositMemo !== undefined && swap.depositMemo !== quote.depositMemo)
    return `${places.depositMemo} is not the quote's`;
  if (swap.tokenIn !== quote.tokenIn) return `${places.tokenIn} is not the quote's ${quote.tokenIn}`;
  if (swap.tokenOut !== quote.tokenOut) return `${places.tokenOut} is not the quote's ${quote.tokenOut}`;
  if (swap.amountIn !== quote.amountIn)
    return `${places.amountIn} is ${swap.amountIn}, and the quote is for ${quote.amountIn}`;
  if (swap.minAmountOut !== undefined && swap.minAmountOut > quote.minAmountOut)
    return `${places.minAmountOut} is ${swap.minAmountOut}, and the quote promises ${quote.minAmountOut}`;
  // Policy is asked about the deposit alone: nobody would be asked about another receiver.
  if (accountId !== undefined && quote.recipient !== accountId)
    return `${quote.place} pays ${quote.recipient}, which is not the wallet's own account`;
  if (quote.refundTo !== quote.recipient)
    return `${quote.place} refunds to ${quote.refundTo}, which is not the account that it pays`;
  return undefined;
}
