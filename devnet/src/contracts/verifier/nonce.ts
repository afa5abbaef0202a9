/** A nonce with its deadline and its salt. */
export interface VersionedNonce {
  /** 8 hex characters. */
  readonly salt: string;
  /** Nanoseconds since the epoch. */
  readonly deadlineNs: bigint;
}

const PREFIX = "5628f6c6";
const VERSION_1 = 0;

/**
 * Reads the versioned form: prefix, version byte, salt (4 bytes), deadline (i64 LE, nanoseconds), 15 random bytes.
 * @param nonce 32 bytes @returns undefined for any other 32 bytes: a legacy nonce, unbounded
 */
export function parseVersionedNonce(nonce: Uint8Array): VersionedNonce | undefined {
  const bytes = Buffer.from(nonce);
  if (bytes.toString("hex", 0, 4) !== PREFIX || bytes[4] !== VERSION_1) return undefined;
  return { salt: bytes.toString("hex", 5, 9), deadlineNs: bytes.readBigInt64LE(9) };
}
