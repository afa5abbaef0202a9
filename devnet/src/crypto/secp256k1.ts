import { secp256k1 } from "@noble/curves/secp256k1.js";

/**
 * Recovers the signing key, 64 bytes X and Y; undefined for an invalid or malleable signature (high `s`). Like NEAR's `ecrecover` host
 * function. Never throws.
 * @param hash 32 bytes @param signature 65 bytes: r, s, v with v from 0 to 3
 */
export function recoverSecp256k1(hash: Uint8Array, signature: Uint8Array): Uint8Array | undefined {
  const recovery = signature[64];
  if (signature.length !== 65 || hash.length !== 32 || recovery === undefined || recovery > 3) return undefined;
  try {
    const parsed = secp256k1.Signature.fromBytes(signature.subarray(0, 64), "compact").addRecoveryBit(recovery);
    if (parsed.hasHighS()) return undefined;
    return parsed.recoverPublicKey(hash).toBytes(false).slice(1);
  } catch {
    return undefined;
  }
}

/** @param publicKey 64 bytes X and Y @param hash 32 bytes @param signature 65 bytes: r, s, v */
export function verifySecp256k1(publicKey: Uint8Array, hash: Uint8Array, signature: Uint8Array): boolean {
  const recovered = recoverSecp256k1(hash, signature);
  return recovered !== undefined && Buffer.compare(recovered, publicKey) === 0;
}

/** @param secret 32 bytes @param hash 32 bytes @returns 65 bytes: r, s, v, with a low `s` */
export function signSecp256k1(secret: Uint8Array, hash: Uint8Array): Uint8Array {
  const recovered = secp256k1.sign(hash, secret, { prehash: false, format: "recovered" });
  return Uint8Array.from([...recovered.subarray(1), ...recovered.subarray(0, 1)]);
}

/** @param secret 32 bytes @returns 64 bytes X and Y */
export function secp256k1PublicKey(secret: Uint8Array): Uint8Array {
  return secp256k1.getPublicKey(secret, false).slice(1);
}
