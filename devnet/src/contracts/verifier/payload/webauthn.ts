import { decodeBase64Url } from "../../../crypto/base64.ts";
import { verifyEd25519 } from "../../../crypto/ed25519.ts";
import { sha256 } from "../../../crypto/hash.ts";
import { type PublicKey, parsePublicKey, parseSignature, type Signature } from "../../../crypto/keys.ts";
import { verifyP256 } from "../../../crypto/p256.ts";
import { type Decoder, object, parsed, text } from "../../sdk/decoder.ts";
import { answerOf } from "../../sdk/json.ts";
import { readWholeMessage } from "./intents-message.ts";
import type { SignedPayload } from "./signed-payload.ts";

const fields = object({
  payload: text,
  public_key: parsed(parsePublicKey),
  signature: parsed(parseSignature),
  client_data_json: text,
  authenticator_data: parsed(decodeBase64Url),
});

const clientData = object({ type: text, challenge: parsed(decodeBase64Url), origin: text });

/** Offset of the flags in authenticator data, behind the 32-byte hash of the relying party's id. */
const FLAGS_OFFSET = 32;
const MIN_AUTHENTICATOR_DATA = 37;
const USER_PRESENT = 1 << 0;
const BACKUP_ELIGIBLE = 1 << 3;
const BACKED_UP = 1 << 4;

/** Passkeys, on P-256 or Ed25519: the text's SHA-256 is the challenge of an assertion. */
export const webauthn: Decoder<SignedPayload> = {
  decode(value) {
    const { payload, public_key, signature, client_data_json, authenticator_data } = fields.decode(value);
    const hash = sha256(Buffer.from(payload));
    const signedBytes = Buffer.concat([authenticator_data, sha256(Buffer.from(client_data_json))]);
    const isValid = () =>
      areFlagsValid(authenticator_data) &&
      isChallenge(client_data_json, hash) &&
      isSignedBy(public_key, signedBytes, signature);
    return {
      hash,
      signingKey: () => (isValid() ? public_key : undefined),
      message: () => readWholeMessage(payload),
    };
  },
};

/** User present, and not backed up unless eligible (WebAuthn §7.2, steps 16 and 18). User verification is not required. */
function areFlagsValid(authenticatorData: Uint8Array): boolean {
  const flags = authenticatorData[FLAGS_OFFSET] ?? 0;
  const isBackupPossible = (flags & BACKUP_ELIGIBLE) !== 0 || (flags & BACKED_UP) === 0;
  return authenticatorData.length >= MIN_AUTHENTICATOR_DATA && (flags & USER_PRESENT) !== 0 && isBackupPossible;
}

function isChallenge(clientDataJson: string, hash: Uint8Array): boolean {
  const data = answerOf(Buffer.from(clientDataJson), clientData);
  return data?.type === "webauthn.get" && Buffer.compare(data.challenge, hash) === 0;
}

function isSignedBy(key: PublicKey, signedBytes: Uint8Array, signature: Signature): boolean {
  if (key.curve !== signature.curve) return false;
  switch (key.curve) {
    case "ed25519":
      return verifyEd25519(key.data, signedBytes, signature.data);
    case "p256":
      return verifyP256(key.data, signedBytes, signature.data);
    case "secp256k1":
      return false;
  }
}
