import { verifyEd25519 } from "../../../crypto/ed25519.ts";
import { sha256 } from "../../../crypto/hash.ts";
import { DecodeError, unexpected } from "../../sdk/decode-error.ts";
import { type Decoder, object, text } from "../../sdk/decoder.ts";
import { timestampNs } from "../timestamp.ts";
import { ed25519Key, ed25519Signature } from "./curve-keys.ts";
import { readWholeMessage } from "./intents-message.ts";
import type { SignedPayload } from "./signed-payload.ts";
import { type TonAddress, tonAddress } from "./ton-address.ts";

/** Seconds since the epoch, as a number or RFC 3339. */
const timestampSeconds: Decoder<bigint> = {
  decode(value) {
    if (typeof value === "string") return timestampNs.decode(value) / 1_000_000_000n;
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
    return unexpected(value, "a timestamp");
  },
};

const textPayload = object({ type: text, text });

const fields = object({
  address: tonAddress,
  domain: text,
  timestamp: timestampSeconds,
  payload: textPayload,
  public_key: ed25519Key,
  signature: ed25519Signature,
});

/** TON Connect's `signData` of a text; its binary and cell forms cannot carry intents. */
export const tonConnect: Decoder<SignedPayload> = {
  decode(value) {
    const { address, domain, timestamp, payload, public_key: key, signature } = fields.decode(value);
    if (payload.type !== "text") throw new DecodeError(`unknown variant \`${payload.type}\`, expected \`text\``);
    const hash = signDataHash(address, domain, timestamp, payload.text);
    return {
      hash,
      signingKey: () => (verifyEd25519(key, hash, signature) ? { curve: "ed25519", data: key } : undefined),
      message: () => readWholeMessage(payload.text),
    };
  },
};

function signDataHash(address: TonAddress, domain: string, seconds: bigint, content: string): Uint8Array {
  const workchain = Buffer.alloc(4);
  workchain.writeInt32BE(address.workchain);
  const timestamp = Buffer.alloc(8);
  timestamp.writeBigUInt64BE(seconds);
  const prefix = Buffer.concat([Buffer.of(0xff, 0xff), Buffer.from("ton-connect/sign-data/")]);
  return sha256(prefix, workchain, address.hash, sized(domain), timestamp, Buffer.from("txt"), sized(content));
}

/** Byte length (u32 BE) and bytes. */
function sized(content: string): Buffer {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
