import { p256 } from "@noble/curves/nist.js";

/**
 * Verifies a signature over the SHA-256 of the message. Passkeys make high `s` too, so both are accepted. Never throws.
 * @param publicKey 64 bytes X and Y @param signature 64 bytes r and s
 */
export function verifyP256(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 64 || signature.length !== 64) return false;
  try {
    return p256.verify(signature, message, Uint8Array.of(4, ...publicKey), { lowS: false });
  } catch {
    return false;
  }
}
