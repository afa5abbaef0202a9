import { EncodingError } from "../encoding.ts";
import { objectOf, type SignedPayload, textOf } from "./fields.ts";

const wholePayload = (given: SignedPayload) => textOf(given, "payload");

/** By standard: where the signed text stands. Outside NEP-413 the text itself holds everything. */
const places: ReadonlyMap<string, (given: SignedPayload) => string> = new Map([
  ["nep413", (given: SignedPayload) => textOf(objectOf(given, "payload"), "message", "payload.")],
  ["erc191", wholePayload],
  ["tip191", wholePayload],
  ["raw_ed25519", wholePayload],
  ["webauthn", wholePayload],
  [
    "ton_connect",
    (given: SignedPayload) => {
      const signed = objectOf(given, "payload");
      if (signed.type !== "text") throw new EncodingError("must be text", "payload.type");
      return textOf(signed, "text", "payload.");
    },
  ],
  ["sep53", wholePayload],
]);

/** Standards of signed payloads that the verifier takes. */
export const payloadStandards: readonly string[] = [...places.keys()];

/**
 * The text that was signed: the JSON of the message that the verifier reads.
 * @throws EncodingError for another standard, and where a field is missing
 */
export function signedTextOf(payload: SignedPayload): string {
  const { standard } = payload;
  const place = typeof standard === "string" ? places.get(standard) : undefined;
  if (place === undefined) throw new EncodingError(`must be one of ${payloadStandards.join(", ")}`, "standard");
  return place(payload);
}
