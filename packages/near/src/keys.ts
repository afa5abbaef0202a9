import { createPrivateKey, createPublicKey, sign as edSign, verify as edVerify, type KeyObject } from "node:crypto";
import { decodeBase58, EncodingError, encodeBase58, encodeHex } from "./encoding.ts";

// node:crypto takes keys in DER only; these are RFC 8410's fixed prefixes for Ed25519.
const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex");
const spkiPrefix = Buffer.from("302a300506032b6570032100", "hex");
const textPrefix = "ed25519:";

/** An Ed25519 key pair. Printing or serializing it does not show the secret. */
export interface KeyPair {
  /** `ed25519:` and base58. */
  readonly publicKey: string;
  sign(message: Uint8Array): Uint8Array;
}

/** @param text `ed25519:` and base58 of the 64 bytes (seed, public key) or of the 32-byte seed @throws EncodingError */
export function parseSecretKey(text: string): KeyPair {
  const bytes = decodeKey(text);
  if (bytes.length !== 32 && bytes.length !== 64) throw new EncodingError("not an Ed25519 secret key");
  const pair = keyPairFromSeed(bytes.subarray(0, 32));
  if (bytes.length === 64 && pair.publicKey !== textPrefix + encodeBase58(bytes.subarray(32))) {
    throw new EncodingError("an Ed25519 secret key whose public half does not fit");
  }
  return pair;
}

/** @param seed 32 bytes */
export function keyPairFromSeed(seed: Uint8Array): KeyPair {
  const secret = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: "der", type: "pkcs8" });
  const spki = createPublicKey(secret).export({ format: "der", type: "spki" });
  return {
    publicKey: textPrefix + encodeBase58(spki.subarray(spkiPrefix.length)),
    sign: (message) => new Uint8Array(edSign(null, message, secret)),
  };
}

/** @param text `ed25519:` and base58 @returns 32 bytes @throws EncodingError */
export function parsePublicKey(text: string): Uint8Array {
  const bytes = decodeKey(text);
  if (bytes.length !== 32) throw new EncodingError("not an Ed25519 public key");
  return bytes;
}

export function formatPublicKey(bytes: Uint8Array): string {
  return textPrefix + encodeBase58(bytes);
}

/** @param text `ed25519:` and base58 @returns 64 bytes @throws EncodingError */
export function parseSignature(text: string): Uint8Array {
  const bytes = decodeKey(text);
  if (bytes.length !== 64) throw new EncodingError("not an Ed25519 signature");
  return bytes;
}

export function formatSignature(bytes: Uint8Array): string {
  return textPrefix + encodeBase58(bytes);
}

/** @param publicKey 32 bytes @param signature 64 bytes */
export function verifySignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return edVerify(null, message, publicKeyObject(publicKey), signature);
}

/** Borsh of a signed message: the message, then the kind of the key, then the signature of 64 bytes. */
export function withSignature(encoded: Uint8Array, signature: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(encoded.length + 1 + signature.length);
  bytes.set(encoded);
  bytes.set(signature, encoded.length + 1);
  return bytes;
}

/** The implicit account of a key: its 32 bytes in hex. */
export function implicitAccountId(publicKey: Uint8Array): string {
  return encodeHex(publicKey);
}

/** Keys of which signatures were checked lately. Making a key object takes a third as long as checking a signature. */
const keyObjects = new Map<string, KeyObject>();
const keyObjectsKept = 1000;

function publicKeyObject(publicKey: Uint8Array): KeyObject {
  const name = Buffer.from(publicKey).toString("latin1");
  const known = keyObjects.get(name);
  if (known !== undefined) return known;
  const key = createPublicKey({ key: Buffer.concat([spkiPrefix, publicKey]), format: "der", type: "spki" });
  if (keyObjects.size >= keyObjectsKept) keyObjects.clear();
  keyObjects.set(name, key);
  return key;
}

function decodeKey(text: string): Uint8Array {
  if (!text.startsWith(textPrefix)) throw new EncodingError("not an ed25519: key or signature");
  return decodeBase58(text.slice(textPrefix.length));
}
