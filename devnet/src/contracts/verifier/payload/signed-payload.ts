import type { PublicKey } from "../../../crypto/keys.ts";
import type { IntentsMessage } from "./intents-message.ts";

/** A decoded payload of any signature standard, before any check. */
export interface SignedPayload {
  /** 32 bytes; in base58 the intent hash. */
  readonly hash: Uint8Array;
  /** The key that signed it, or undefined where the signature is not valid. */
  signingKey(): PublicKey | undefined;
  /** The signed content. @throws DecodeError */
  message(): IntentsMessage;
}
