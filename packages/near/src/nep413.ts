import { serialize } from "borsh";
import { sha256 } from "./encoding.ts";

export interface Nep413Message {
  readonly message: string;
  /** 32 bytes. */
  readonly nonce: Uint8Array;
  readonly recipient: string;
  readonly callbackUrl?: string;
}

const schema = {
  struct: {
    prefix: "u32",
    message: "string",
    nonce: { array: { type: "u8", len: 32 } },
    recipient: "string",
    callbackUrl: { option: "string" },
  },
} as const;

/** 2^31 + 413, so that a signed message can never be a transaction. */
const prefix = 2_147_484_061;

/** The 32 bytes that a NEP-413 signature is over. */
export function nep413Hash({ message, nonce, recipient, callbackUrl }: Nep413Message): Uint8Array {
  return sha256(serialize(schema, { prefix, message, nonce, recipient, callbackUrl: callbackUrl ?? null }));
}
