const quote = 0x22;
const backslash = 0x5c;
const letterU = 0x75;

/** Marks the end of every string that was cut. */
export const cutMark = "…[cut]";
const mark = Buffer.from(cutMark);

/**
 * Shortens the strings of a JSON text while it arrives, so that the result can be parsed. Counts characters, an escape as one, and
 * never cuts inside one.
 */
export class StringCutter {
  readonly #longest: number;
  #isInString = false;
  #length = 0;
  /** Bytes that still belong to an escape. */
  #escaped = 0;
  #isKept = true;

  constructor(longest: number) {
    this.#longest = longest;
  }

  /** @returns the rest of the piece after cutting */
  cut(bytes: Uint8Array): Uint8Array {
    // Room for a mark after each string that can end in this piece.
    const out = new Uint8Array(bytes.length + mark.length * Math.ceil(bytes.length / (this.#longest + 2) + 1));
    let end = 0;
    for (const byte of bytes) {
      if (this.#isClosing(byte) && this.#length > this.#longest) {
        out.set(mark, end);
        end += mark.length;
      }
      if (this.#keeps(byte)) out[end++] = byte;
    }
    return out.subarray(0, end);
  }

  #isClosing(byte: number): boolean {
    return this.#isInString && this.#escaped === 0 && byte === quote;
  }

  #keeps(byte: number): boolean {
    if (!this.#isInString) {
      if (byte === quote) this.#isInString = true;
      this.#length = 0;
      return true;
    }
    if (this.#escaped > 0) {
      this.#escaped = byte === letterU && this.#escaped === 5 ? 4 : this.#escaped === 5 ? 0 : this.#escaped - 1;
      return this.#isKept;
    }
    if (byte === quote) {
      this.#isInString = false;
      return true;
    }
    // A continuation byte of a character is kept or cut with its first byte.
    if ((byte & 0xc0) === 0x80) return this.#isKept;
    this.#length += 1;
    this.#isKept = this.#length <= this.#longest;
    // Five: the escape's letter, which may be followed by four hex digits.
    if (byte === backslash) this.#escaped = 5;
    return this.#isKept;
  }
}
