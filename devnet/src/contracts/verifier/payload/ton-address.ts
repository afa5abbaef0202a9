import { decodeBase64, decodeBase64Url } from "../../../crypto/base64.ts";
import { FormatError } from "../../../crypto/format-error.ts";
import { type Decoder, parsed } from "../../sdk/decoder.ts";

export interface TonAddress {
  /** Signed, 32 bits. */
  readonly workchain: number;
  /** 32 bytes. */
  readonly hash: Uint8Array;
}

const RAW = /^(-?\d{1,10}):([0-9a-fA-F]{64})$/;

/** Raw (`0:<64 hex>`) or user-friendly: base64 of flags, workchain, hash and CRC-16, 48 characters. */
export const tonAddress: Decoder<TonAddress> = parsed((text) => {
  const [, workchain, hash] = RAW.exec(text) ?? [];
  if (workchain !== undefined && hash !== undefined) {
    if (Number(workchain) !== (Number(workchain) | 0)) throw new FormatError("invalid workchain");
    return { workchain: Number(workchain), hash: new Uint8Array(Buffer.from(hash, "hex")) };
  }
  const bytes = Buffer.from(/[-_]/.test(text) ? decodeBase64Url(text) : decodeBase64(text));
  if (bytes.length !== 36) throw new FormatError("invalid address");
  if (bytes.readUInt16BE(34) !== crc16(bytes.subarray(0, 34))) throw new FormatError("invalid address: wrong CRC");
  return { workchain: bytes.readInt8(1), hash: new Uint8Array(bytes.subarray(2, 34)) };
});

/** CRC-16/XMODEM, as TON's addresses carry it. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = ((crc & 0x8000) !== 0 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc;
}
