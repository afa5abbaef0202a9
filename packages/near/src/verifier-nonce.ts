const magic = Uint8Array.of(0x56, 0x28, 0xf6, 0xc6);
const version = 0;

/**
 * The verifier's versioned nonce: magic, version, salt, deadline (i64 LE, nanoseconds), 15 random bytes.
 * @param salt 4 bytes, the verifier's current one
 * @param deadlineMs milliseconds since the epoch, not before the intent's deadline
 * @param random 15 bytes
 */
export function verifierNonce(salt: Uint8Array, deadlineMs: number, random: Uint8Array): Uint8Array {
  if (salt.length !== 4 || random.length !== 15) throw new RangeError("a salt has 4 bytes, the random part 15");
  const nonce = new Uint8Array(32);
  nonce.set(magic, 0);
  nonce[4] = version;
  nonce.set(salt, 5);
  new DataView(nonce.buffer).setBigInt64(9, BigInt(deadlineMs) * 1_000_000n, true);
  nonce.set(random, 17);
  return nonce;
}

/** @returns salt (4 bytes) and deadline of a versioned nonce; undefined for anything else, such as a legacy nonce */
export function readVerifierNonce(
  nonce: Uint8Array,
): { readonly salt: Uint8Array; readonly deadlineNs: bigint } | undefined {
  const isVersioned =
    nonce.length === 32 && magic.every((byte, index) => nonce[index] === byte) && nonce[4] === version;
  if (!isVersioned) return undefined;
  const deadlineNs = new DataView(nonce.buffer, nonce.byteOffset, nonce.byteLength).getBigInt64(9, true);
  return { salt: nonce.subarray(5, 9), deadlineNs };
}
