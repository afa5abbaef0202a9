const magic = [0x56, 0x28, 0xf6, 0xc6];

/**
 * The deadline inside a versioned verifier nonce, nanoseconds since the epoch: magic (4 bytes), version 0, salt (4),
 * deadline (i64 LE), 15 random bytes. Source: docs/counterparts/verifier.md, "Nonces and salts".
 * @returns undefined for anything else, such as a legacy nonce
 */
export function nonceDeadlineNs(nonce: Uint8Array): bigint | undefined {
  if (nonce.length !== 32 || !magic.every((byte, index) => nonce[index] === byte) || nonce[4] !== 0) return undefined;
  return new DataView(nonce.buffer, nonce.byteOffset, nonce.byteLength).getBigInt64(9, true);
}
