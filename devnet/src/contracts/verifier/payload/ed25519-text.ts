import { verifyEd25519 } from "../../../crypto/ed25519.ts";
import { sha256 } from "../../../crypto/hash.ts";
import { type Decoder, object, text } from "../../sdk/decoder.ts";
import { ed25519Key, ed25519Signature } from "./curve-keys.ts";
import { readWholeMessage } from "./intents-message.ts";
import type { SignedPayload } from "./signed-payload.ts";

const fields = object({ payload: text, public_key: ed25519Key, signature: ed25519Signature });

/** Solana's wallets: the signature is over the text itself, its SHA-256 only names it. */
export const rawEd25519: Decoder<SignedPayload> = ed25519Text((content) => ({
  hash: sha256(content),
  signedBytes: content,
}));

/** Stellar's SEP-53: over the SHA-256 of prefix and text. */
export const sep53: Decoder<SignedPayload> = ed25519Text((content) => {
  const hash = sha256(Buffer.from("Stellar Signed Message:\n"), content);
  return { hash, signedBytes: hash };
});

function ed25519Text(
  prepare: (content: Uint8Array) => { readonly hash: Uint8Array; readonly signedBytes: Uint8Array },
): Decoder<SignedPayload> {
  return {
    decode(value) {
      const { payload, public_key: key, signature } = fields.decode(value);
      const { hash, signedBytes } = prepare(Buffer.from(payload));
      return {
        hash,
        signingKey: () => (verifyEd25519(key, signedBytes, signature) ? { curve: "ed25519", data: key } : undefined),
        message: () => readWholeMessage(payload),
      };
    },
  };
}
