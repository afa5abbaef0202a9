import { type Codec, encode, fixedBytes, option, struct, text, u32 } from "./borsh/codec.ts";
import { sha256 } from "./hash.ts";

/** NEP-413: a message signed off chain. */
export interface Nep413Message {
  readonly message: string;
  /** 32 bytes. */
  readonly nonce: Uint8Array;
  readonly recipient: string;
  readonly callbackUrl: string | null;
}

/** NEP-461: messages that stay off chain have prefixes from 2^31 on, the NEP's number added. */
const PREFIX = encode(u32, 2 ** 31 + 413);

const codec: Codec<Nep413Message> = struct<Nep413Message>({
  message: text,
  nonce: fixedBytes(32),
  recipient: text,
  callbackUrl: option(text),
});

/** The 32 bytes that the key signs. */
export function nep413Hash(message: Nep413Message): Uint8Array {
  return sha256(PREFIX, encode(codec, message));
}
