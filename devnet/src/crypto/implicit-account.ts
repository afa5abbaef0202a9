import { keccak256 } from "./hash.ts";
import type { PublicKey } from "./keys.ts";

const P256_PREFIX = Buffer.from("p256");

/**
 * A key's implicit account: for Ed25519 the key in hex, for secp256k1 its Ethereum address (the last 20 bytes of Keccak-256 of X and
 * Y), for P-256 the same with `p256` in front (the verifier's own).
 */
export function implicitAccountOf(key: PublicKey): string {
  switch (key.curve) {
    case "ed25519":
      return Buffer.from(key.data).toString("hex");
    case "secp256k1":
      return ethereumStyle(keccak256(key.data));
    case "p256":
      return ethereumStyle(keccak256(P256_PREFIX, key.data));
  }
}

/** The Ed25519 key of an implicit NEAR account; undefined for any other account. */
export function keyOfImplicitAccount(accountId: string): PublicKey | undefined {
  if (!isImplicitNearAccount(accountId)) return undefined;
  return { curve: "ed25519", data: new Uint8Array(Buffer.from(accountId, "hex")) };
}

/** 64 lower-case hex characters. */
function isImplicitNearAccount(accountId: string): boolean {
  return /^[0-9a-f]{64}$/.test(accountId);
}

/** `0x` and 40 lower-case hex characters. */
export function isImplicitEthAccount(accountId: string): boolean {
  return /^0x[0-9a-f]{40}$/.test(accountId);
}

function ethereumStyle(hash: Uint8Array): string {
  return `0x${Buffer.from(hash.subarray(12)).toString("hex")}`;
}
