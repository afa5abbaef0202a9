import { FormatError } from "../../../crypto/format-error.ts";
import { type Curve, parsePublicKey, parseSignature } from "../../../crypto/keys.ts";
import { type Decoder, parsed } from "../../sdk/decoder.ts";

/** The bytes of `ed25519:<base58>`: 32. */
export const ed25519Key: Decoder<Uint8Array> = parsed((text) => onCurve("ed25519", text, parsePublicKey(text)));

/** The bytes of `ed25519:<base58>`: 64. */
export const ed25519Signature: Decoder<Uint8Array> = parsed((text) => onCurve("ed25519", text, parseSignature(text)));

/** The bytes of `secp256k1:<base58>`: 65, r, s, v. */
export const secp256k1Signature: Decoder<Uint8Array> = parsed((text) =>
  onCurve("secp256k1", text, parseSignature(text)),
);

function onCurve(curve: Curve, text: string, value: { readonly curve: Curve; readonly data: Uint8Array }): Uint8Array {
  if (value.curve !== curve || !text.startsWith(`${curve}:`)) throw new FormatError("wrong curve type");
  return value.data;
}
