import { signEd25519, verifyEd25519 } from "./ed25519.ts";
import type { PublicKey, Signature } from "./keys.ts";
import { verifySecp256k1 } from "./secp256k1.ts";

/** Signs with an Ed25519 seed of 32 bytes. */
export function signHash(seed: Uint8Array, hash: Uint8Array): Signature {
  return { curve: "ed25519", data: signEd25519(seed, hash) };
}

/** Whether an access key signed the hash: transactions and delegates, 32 bytes. Never throws. */
export function verifyHash(key: PublicKey, hash: Uint8Array, signature: Signature): boolean {
  if (key.curve !== signature.curve) return false;
  switch (key.curve) {
    case "ed25519":
      return verifyEd25519(key.data, hash, signature.data);
    case "secp256k1":
      return verifySecp256k1(key.data, hash, signature.data);
    case "p256":
      return false;
  }
}
