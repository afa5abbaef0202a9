import { isAccountId } from "../../../crypto/account-id.ts";
import { verifyEd25519 } from "../../../crypto/ed25519.ts";
import { nep413Hash } from "../../../crypto/nep413.ts";
import { DecodeError } from "../../sdk/decode-error.ts";
import { base64Bytes32, type Decoder, object, optional, text } from "../../sdk/decoder.ts";
import { readJson } from "../../sdk/json.ts";
import { ed25519Key, ed25519Signature } from "./curve-keys.ts";
import { nep413Message } from "./intents-message.ts";
import type { SignedPayload } from "./signed-payload.ts";

const fields = object({
  payload: object({ message: text, nonce: base64Bytes32, recipient: text, callbackUrl: optional(text) }),
  public_key: ed25519Key,
  signature: ed25519Signature,
});

/** NEP-413: nonce and verifier (`recipient`) stand beside the message. */
export const nep413: Decoder<SignedPayload> = {
  decode(value) {
    const { payload, public_key: key, signature } = fields.decode(value);
    const { message, nonce, recipient, callbackUrl = null } = payload;
    const hash = nep413Hash({ message, nonce, recipient, callbackUrl });
    return {
      hash,
      signingKey: () => (verifyEd25519(key, hash, signature) ? { curve: "ed25519", data: key } : undefined),
      message() {
        const { signer_id: signerId, deadline: deadlineNs, intents } = readJson(message, nep413Message);
        if (!isAccountId(recipient)) {
          throw new DecodeError(`invalid value: string ${JSON.stringify(recipient)}, expected AccountId`);
        }
        return { signerId, verifyingContract: recipient, deadlineNs, nonce, intents };
      },
    };
  },
};
