const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** @param {Uint8Array} bytes */
export function encodeBase58(bytes) {
  const zeros = bytes.findIndex((byte) => byte !== 0);
  const leading = zeros === -1 ? bytes.length : zeros;
  let digits = "";
  for (let value = bytesToInteger(bytes); value > 0n; value /= 58n) digits = alphabet[Number(value % 58n)] + digits;
  return "1".repeat(leading) + digits;
}

/**
 * Takes time quadratic in the length: for keys, hashes and signatures.
 * @param {string} text
 * @param {number} length bytes that it must have
 * @throws {RangeError}
 */
export function decodeBase58(text, length) {
  let value = 0n;
  for (const digit of text) {
    const index = alphabet.indexOf(digit);
    if (index === -1) throw new RangeError("not base58");
    value = value * 58n + BigInt(index);
  }
  const bytes = new Uint8Array(length);
  for (let at = length - 1; at >= 0; at -= 1, value >>= 8n) bytes[at] = Number(value & 0xffn);
  if (value > 0n || encodeBase58(bytes) !== text) throw new RangeError(`not ${length} bytes in base58`);
  return bytes;
}

/**
 * Standard alphabet, padded.
 * @param {Uint8Array} bytes
 */
export function encodeBase64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/**
 * @param {string} text standard alphabet, padded
 * @throws {DOMException} InvalidCharacterError
 */
export function decodeBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/**
 * @param {string} text an even number of hex characters
 * @throws {RangeError}
 */
export function decodeHex(text) {
  if (!/^(?:[\da-f]{2})*$/i.test(text)) throw new RangeError("not hex");
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/** @param {Uint8Array} bytes */
function bytesToInteger(bytes) {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}
