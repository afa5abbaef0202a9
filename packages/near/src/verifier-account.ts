import { keccak_256 } from "@noble/hashes/sha3.js";
import { decodeBase58, EncodingError, encodeHex } from "./encoding.ts";
import { implicitAccountId } from "./keys.ts";

/** How an account came to be, as its form tells. The verifier takes any account id. Source: docs/counterparts/verifier.md. */
export type AccountKind =
  /** It was created by a transaction, e.g. `alice.near`. */
  | "named"
  /** The 32 bytes of an Ed25519 key, in hex. */
  | "implicit_near"
  /** `0x` and the 20 bytes of an Ethereum address. */
  | "implicit_eth"
  /** `0s` and 20 bytes that its contract's code and state decide. */
  | "deterministic";

/** @param accountId one that `isAccountId` takes */
export function accountKind(accountId: string): AccountKind {
  if (/^[\da-f]{64}$/.test(accountId)) return "implicit_near";
  if (/^0x[\da-f]{40}$/.test(accountId)) return "implicit_eth";
  if (/^0s[\da-f]{40}$/.test(accountId)) return "deterministic";
  return "named";
}

export type Curve = "ed25519" | "secp256k1" | "p256";

/** A public key as the verifier takes it: 32 bytes on Ed25519, the point's 64 bytes X and Y on the other two. */
export interface VerifierKey {
  readonly curve: Curve;
  readonly bytes: Uint8Array;
}

const keyLengths: ReadonlyMap<string, number> = new Map<Curve, number>([
  ["ed25519", 32],
  ["secp256k1", 64],
  ["p256", 64],
]);

/** 64 bytes have 88 digits at most; decoding takes time quadratic in the length. */
const mostDigits = 88;

/**
 * The form of a key alone: whether the point lies on its curve is not looked at, as the verifier does not either.
 * @param text curve, colon and base58
 * @throws EncodingError
 */
export function parseVerifierKey(text: string): VerifierKey {
  const [curve = "", digits = "", ...rest] = text.split(":");
  const length = keyLengths.get(curve);
  if (length === undefined || rest.length > 0) throw new EncodingError("not an ed25519:, secp256k1: or p256: key");
  const bytes = digits.length > mostDigits ? undefined : decodeBase58(digits);
  if (bytes?.length !== length) throw new EncodingError(`not an ${curve} key: it has ${length} bytes in base58`);
  return { curve: curve as Curve, bytes };
}

const p256Prefix = new TextEncoder().encode("p256");

/**
 * The implicit account of a key: NEAR's for Ed25519; for the others `0x` and the last 20 bytes of Keccak-256 of the point, which for
 * P-256 has `p256` before it.
 */
export function implicitAccountOf({ curve, bytes }: VerifierKey): string {
  if (curve === "ed25519") return implicitAccountId(bytes);
  const hashed = curve === "p256" ? new Uint8Array([...p256Prefix, ...bytes]) : bytes;
  return `0x${encodeHex(keccak_256(hashed).subarray(-20))}`;
}
