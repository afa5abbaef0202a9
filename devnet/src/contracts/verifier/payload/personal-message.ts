import { keccak256 } from "../../../crypto/hash.ts";
import { recoverSecp256k1 } from "../../../crypto/secp256k1.ts";
import { type Decoder, object, text } from "../../sdk/decoder.ts";
import { secp256k1Signature } from "./curve-keys.ts";
import { readWholeMessage } from "./intents-message.ts";
import type { SignedPayload } from "./signed-payload.ts";

const fields = object({ payload: text, signature: secp256k1Signature });

/** Ethereum's `personal_sign`. */
export const erc191: Decoder<SignedPayload> = personalMessage("\x19Ethereum Signed Message:\n");

/** Tron's `signMessageV2`. */
export const tip191: Decoder<SignedPayload> = personalMessage("\x19TRON Signed Message:\n");

/** Keccak-256 over prefix, decimal byte length and text; the key is recovered from a low-s signature with v 0 or 1. */
function personalMessage(prefix: string): Decoder<SignedPayload> {
  return {
    decode(value) {
      const { payload, signature } = fields.decode(value);
      const content = Buffer.from(payload);
      const hash = keccak256(Buffer.from(`${prefix}${content.length}`), content);
      return {
        hash,
        signingKey() {
          const data = recoverSecp256k1(hash, signature);
          return data && { curve: "secp256k1", data };
        },
        message: () => readWholeMessage(payload),
      };
    },
  };
}
