import { isUtf8 } from "node:buffer";

/** Messages are those of Rust's `borsh`, which contracts show to their callers. */
export class BorshError extends Error {
  override readonly name = "BorshError";
}

/** Reads little-endian values from the front of a buffer. */
export class BorshReader {
  readonly #buffer: Buffer;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** @throws BorshError with `message` when fewer than `count` bytes are left */
  take(count: number, message = "Unexpected length of input"): Uint8Array {
    if (count > this.#buffer.length - this.#offset) throw new BorshError(message);
    this.#offset += count;
    return new Uint8Array(this.#buffer.subarray(this.#offset - count, this.#offset));
  }

  unsigned(byteCount: number): bigint {
    let value = 0n;
    for (const byte of this.take(byteCount).reverse()) value = (value << 8n) | BigInt(byte);
    return value;
  }

  u8(): number {
    return Number(this.unsigned(1));
  }

  u32(): number {
    return Number(this.unsigned(4));
  }

  text(): string {
    const bytes = Buffer.from(this.take(this.u32()));
    const text = bytes.toString("utf8");
    if (isUtf8(bytes)) return text;
    const reEncoded = Buffer.from(text);
    const index = bytes.findIndex((byte, position) => byte !== reEncoded[position]);
    throw new BorshError(`invalid utf-8 sequence of 1 bytes from index ${index}`);
  }

  /** @throws BorshError for trailing bytes: two encodings must not mean the same */
  end(): void {
    if (this.#offset !== this.#buffer.length) throw new BorshError("Not all bytes read");
  }
}
