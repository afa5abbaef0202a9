import { unknownVariant } from "../../sdk/decode-error.ts";
import { type Decoder, object, text } from "../../sdk/decoder.ts";
import { rawEd25519, sep53 } from "./ed25519-text.ts";
import { nep413 } from "./nep413.ts";
import { erc191, tip191 } from "./personal-message.ts";
import type { SignedPayload } from "./signed-payload.ts";
import { tonConnect } from "./ton-connect.ts";
import { webauthn } from "./webauthn.ts";

/** In the order in which a refusal lists them. */
const standards: ReadonlyMap<string, Decoder<SignedPayload>> = new Map([
  ["nep413", nep413],
  ["erc191", erc191],
  ["tip191", tip191],
  ["raw_ed25519", rawEd25519],
  ["webauthn", webauthn],
  ["ton_connect", tonConnect],
  ["sep53", sep53],
]);

const tag = object({ standard: text });

/** Decodes a payload by its `standard`. */
export const multiPayload: Decoder<SignedPayload> = {
  decode(value) {
    const { standard } = tag.decode(value);
    const decoder = standards.get(standard) ?? unknownVariant(standard, [...standards.keys()]);
    return decoder.decode(value);
  },
};
