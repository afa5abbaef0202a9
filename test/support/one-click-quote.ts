import type { JsonObject } from "@bufbuild/protobuf";
import { encodeBase58, formatSignature, type KeyPair, keyPairFromSeed, sha256 } from "@outlayer/near";

/** Signs quotes as 1Click does. */
export const oneClickSigner: KeyPair = keyPairFromSeed(new Uint8Array(32).fill(7));

/** Fields of a request, and of an answer of `POST /v0/quote`. */
export interface QuoteParts {
  readonly quoteRequest: JsonObject;
  readonly quote: JsonObject;
}

/** What 1Click says of 1000 wNEAR for USDT, at least 2000, within the verifier and for one account. */
export function quoteParts(accountId: string, nowMs: number): QuoteParts {
  const after = (ms: number) => new Date(nowMs + ms).toISOString();
  return {
    quoteRequest: {
      dry: false,
      swapType: "EXACT_INPUT",
      slippageTolerance: 100,
      originAsset: "nep141:wrap.near",
      depositType: "INTENTS",
      destinationAsset: "nep141:usdt.near",
      amount: "1000",
      refundTo: accountId,
      refundType: "INTENTS",
      recipient: accountId,
      recipientType: "INTENTS",
      deadline: after(600_000),
    },
    quote: {
      depositAddress: "0xbff77166b39599e54e391156eef7b8191e02be92",
      amountIn: "1000",
      amountInFormatted: "0.001",
      amountInUsd: "1",
      minAmountIn: "995",
      amountOut: "2020",
      amountOutFormatted: "0.00202",
      amountOutUsd: "1",
      minAmountOut: "2000",
      deadline: after(900_000),
      timeWhenInactive: after(800_000),
      timeEstimate: 10,
    },
  };
}

/** Fields that are outside the signature. */
const unsigned = ["depositMode", "confidentiality", "appFees", "sessionId", "connectedWallets"];

/**
 * The answer to `POST /v0/quote`, signed. The JSON of the signed fields, names in order, is hashed, and the hash in base58 is
 * what is signed. Written apart from the product's reader, by the published description.
 */
export function signedQuote({ quoteRequest, quote }: QuoteParts, signer: KeyPair = oneClickSigner): JsonObject {
  const timestamp = "2029-01-01T00:00:00.000Z";
  const fields = { ...quoteRequest, ...quote, timestamp };
  const signed = Object.entries(fields).filter(([name, value]) => !unsigned.includes(name) && value);
  const always = "dry" in quoteRequest ? [["dry", quoteRequest.dry] as const] : [];
  const text = JSON.stringify(
    Object.fromEntries([...signed, ...always].sort(([one], [other]) => (one < other ? -1 : 1))),
  );
  const hash = encodeBase58(sha256(text));
  const signature = formatSignature(signer.sign(Buffer.from(hash)));
  return {
    correlationId: "550e8400-e29b-41d4-a716-446655440000",
    timestamp,
    signature,
    signatureWithDepositAddress: signature,
    quoteRequest,
    quote,
  };
}
