import type { JsonObject } from "@bufbuild/protobuf";
import { encodeBase58, formatSignature, type KeyPair, keyPairFromSeed, sha256 } from "@outlayer/near";

/** Signs quotes as 1Click does. */
export const oneClickSigner: KeyPair = keyPairFromSeed(new Uint8Array(32).fill(7));

/** Fields of a request, and of an answer of `POST /v0/quote`. */
export interface QuoteParts {
  readonly quoteRequest: JsonObject;
  readonly quote: JsonObject;
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
