import { decodeBase64, EncodingError, sha256 } from "../encoding.ts";

/** A text that TON Connect's `signData` signs; its binary and cell forms cannot carry intents. */
export interface SignedText {
  readonly address: unknown;
  readonly domain: unknown;
  readonly timestamp: unknown;
  readonly text: unknown;
}

/** The 32 bytes that the signature is over. @throws EncodingError for a field that is not of its form */
export function signDataHash({ address, domain, timestamp, text }: SignedText): Uint8Array {
  const { workchain, hash } = addressOf(address);
  const head = Buffer.alloc(4);
  head.writeInt32BE(workchain);
  const seconds = Buffer.alloc(8);
  seconds.writeBigUInt64BE(secondsOf(timestamp));
  const prefix = Buffer.concat([Buffer.of(0xff, 0xff), Buffer.from("ton-connect/sign-data/")]);
  return sha256(prefix, head, hash, sized(domain), seconds, "txt", sized(text));
}

const raw = /^(-?\d{1,10}):([\da-fA-F]{64})$/;

/** Raw (`0:` and 64 hex), or user-friendly: base64 of flags, workchain, hash and CRC-16, 48 characters. */
function addressOf(address: unknown): { readonly workchain: number; readonly hash: Uint8Array } {
  if (typeof address !== "string" || address.length > 76) throw new EncodingError("not a TON address");
  const [, workchain, hex] = raw.exec(address) ?? [];
  if (workchain !== undefined && hex !== undefined) {
    if (Number(workchain) !== (Number(workchain) | 0)) throw new EncodingError("not a TON address");
    return { workchain: Number(workchain), hash: Buffer.from(hex, "hex") };
  }
  const bytes = Buffer.from(decodeBase64(address.replaceAll("-", "+").replaceAll("_", "/")));
  if (bytes.length !== 36 || bytes.readUInt16BE(34) !== crc16(bytes.subarray(0, 34))) {
    throw new EncodingError("not a TON address");
  }
  return { workchain: bytes.readInt8(1), hash: bytes.subarray(2, 34) };
}

/** Seconds since the epoch, as a number or RFC 3339. */
function secondsOf(timestamp: unknown): bigint {
  const seconds = typeof timestamp === "string" ? Math.floor(Date.parse(timestamp) / 1000) : timestamp;
  if (typeof seconds !== "number" || !Number.isSafeInteger(seconds) || seconds < 0) {
    throw new EncodingError("timestamp is not a time");
  }
  return BigInt(seconds);
}

/** Byte length (u32 BE) and bytes. */
function sized(content: unknown): Buffer {
  if (typeof content !== "string") throw new EncodingError("not a string");
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** CRC-16/XMODEM, as TON's addresses carry it. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = ((crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021) & 0xffff;
  }
  return crc;
}
