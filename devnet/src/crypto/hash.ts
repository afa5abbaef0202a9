import { createHash, hash as hashOnce } from "node:crypto";
import { keccak_256 } from "@noble/hashes/sha3.js";

/** SHA-256 of the parts, one after the other. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  // The one-shot function takes a third of the time.
  if (only !== undefined && parts.length === 1) return new Uint8Array(hashOnce("sha256", only, "buffer"));
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

/** Keccak-256, Ethereum's, not SHA3-256. */
export function keccak256(...parts: readonly Uint8Array[]): Uint8Array {
  return keccak_256(Buffer.concat(parts));
}
