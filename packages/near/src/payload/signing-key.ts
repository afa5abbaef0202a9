import { createPublicKey, verify } from "node:crypto";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { base64urlnopad } from "@scure/base";
import { decodeBase58, decodeBase64, EncodingError, encodeBase58, sha256 } from "../encoding.ts";
import { verifySignature } from "../keys.ts";
import { nep413Hash } from "../nep413.ts";
import { type Curve, parseVerifierKey } from "../verifier-account.ts";
import { objectOf, type SignedPayload, textOf } from "./fields.ts";
import { signDataHash } from "./ton-connect.ts";

/** By what the verifier knows a payload. */
export interface PayloadSignature {
  /** Curve, colon and base58. */
  readonly publicKey: string;
  /** Base58 of the 32-byte hash, the `intent_hash` of its events. */
  readonly intentHash: string;
}

/**
 * The key by which a payload is signed, as the verifier would find it, and the payload's hash.
 * @returns undefined where the signature is not valid, or the payload is not of its standard's form
 * Source: docs/counterparts/verifier.md.
 */
export function signatureOfPayload(payload: SignedPayload): PayloadSignature | undefined {
  try {
    const found = signers.get(textOf(payload, "standard"))?.(payload);
    const publicKey = found?.key();
    return found === undefined || publicKey === undefined
      ? undefined
      : { publicKey, intentHash: encodeBase58(found.hash) };
  } catch (error) {
    if (error instanceof EncodingError) return undefined;
    throw error;
  }
}

/** The key alone: curve, colon and base58. @returns undefined as `signatureOfPayload` */
export function signingKeyOfPayload(payload: SignedPayload): string | undefined {
  return signatureOfPayload(payload)?.publicKey;
}

interface Hashed {
  readonly hash: Uint8Array;
  /** The signing key; undefined where the signature is not valid. */
  readonly key: () => string | undefined;
}

type Signer = (payload: SignedPayload) => Hashed;

const overHash = (given: SignedPayload, hash: Uint8Array): Hashed => ({ hash, key: () => ofEd25519(given, hash) });

const signers: ReadonlyMap<string, Signer> = new Map(
  Object.entries({
    nep413: (given: SignedPayload) => {
      const signed = objectOf(given, "payload");
      const nonce = decodeBase64(textOf(signed, "nonce"));
      if (nonce.length !== 32) throw new EncodingError("not a nonce");
      const message = { message: textOf(signed, "message"), nonce, recipient: textOf(signed, "recipient") };
      const callbackUrl = signed.callbackUrl == null ? {} : { callbackUrl: textOf(signed, "callbackUrl") };
      return overHash(given, nep413Hash({ ...message, ...callbackUrl }));
    },
    erc191: (given: SignedPayload) => prefixed(given, "\x19Ethereum Signed Message:\n"),
    tip191: (given: SignedPayload) => prefixed(given, "\x19TRON Signed Message:\n"),
    raw_ed25519: (given: SignedPayload) => {
      const content = Buffer.from(textOf(given, "payload"));
      return { hash: sha256(content), key: () => ofEd25519(given, content) };
    },
    sep53: (given: SignedPayload) => overHash(given, sha256("Stellar Signed Message:\n", textOf(given, "payload"))),
    ton_connect: (given: SignedPayload) => {
      const signed = objectOf(given, "payload");
      if (textOf(signed, "type") !== "text") throw new EncodingError("not a text");
      const { address, domain, timestamp } = given;
      return overHash(given, signDataHash({ address, domain, timestamp, text: signed.text }));
    },
    webauthn: (given: SignedPayload) => {
      const hash = sha256(textOf(given, "payload"));
      return { hash, key: () => ofPasskey(given, hash) };
    },
  } satisfies Record<string, Signer>),
);

/** Keccak-256 over prefix, decimal byte length and text. */
function prefixed(given: SignedPayload, prefix: string): Hashed {
  const content = Buffer.from(textOf(given, "payload"));
  const hash = keccak_256(Buffer.concat([Buffer.from(`${prefix}${content.length}`), content]));
  return { hash, key: () => recovered(given, hash) };
}

/** The signature is r, s, v with a low s, and v 0 or 1. */
function recovered(given: SignedPayload, hash: Uint8Array): string | undefined {
  const signature = signatureOf(given, "secp256k1");
  const recovery = signature[64];
  if (recovery !== 0 && recovery !== 1) return undefined;
  try {
    const parsed = secp256k1.Signature.fromBytes(signature.subarray(0, 64), "compact").addRecoveryBit(recovery);
    if (parsed.hasHighS()) return undefined;
    return `secp256k1:${encodeBase58(parsed.recoverPublicKey(hash).toBytes(false).slice(1))}`;
  } catch {
    return undefined;
  }
}

function ofEd25519(given: SignedPayload, signed: Uint8Array): string | undefined {
  const key = textOf(given, "public_key");
  const { curve, bytes } = parseVerifierKey(key);
  if (curve !== "ed25519") return undefined;
  return verifySignature(bytes, signed, signatureOf(given, "ed25519")) ? key : undefined;
}

/** Authenticator data: 32 bytes of the site's hash, a byte of flags, four bytes of a counter. */
const flagsOffset = 32;
const leastAuthenticatorData = 37;
const userPresent = 1;
const backupEligible = 8;
const backedUp = 16;

/** The text's SHA-256 is the challenge of the assertion. User verification is not required, as the verifier does not. */
function ofPasskey(given: SignedPayload, hash: Uint8Array): string | undefined {
  const key = textOf(given, "public_key");
  const { curve, bytes } = parseVerifierKey(key);
  const authenticatorData = decodeUrl(textOf(given, "authenticator_data"));
  const flags = authenticatorData[flagsOffset] ?? 0;
  if (authenticatorData.length < leastAuthenticatorData || (flags & userPresent) === 0) return undefined;
  if ((flags & backedUp) !== 0 && (flags & backupEligible) === 0) return undefined;
  const clientText = textOf(given, "client_data_json");
  const client = parsed(clientText);
  if (textOf(client, "type") !== "webauthn.get" || typeof client.origin !== "string") return undefined;
  const challenge = decodeUrl(textOf(client, "challenge"));
  if (Buffer.compare(challenge, hash) !== 0) return undefined;
  const signed = Buffer.concat([authenticatorData, sha256(clientText)]);
  if (curve === "ed25519") return ofEd25519(given, signed);
  if (curve !== "p256") return undefined;
  return isOfP256(bytes, signed, signatureOf(given, "p256")) ? key : undefined;
}

function isOfP256(point: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const coordinate = (from: number) => Buffer.from(point.subarray(from, from + 32)).toString("base64url");
  try {
    const jwk = { kty: "EC", crv: "P-256", x: coordinate(0), y: coordinate(32) };
    const key = createPublicKey({ key: jwk, format: "jwk" });
    return verify("sha256", message, { key, dsaEncoding: "ieee-p1363" }, signature);
  } catch {
    // The point is not on the curve.
    return false;
  }
}

const signatureLengths = { ed25519: 64, p256: 64, secp256k1: 65 } as const satisfies Record<Curve, number>;

/** 65 bytes have 89 digits at most; decoding takes time quadratic in the length. */
const mostDigits = 89;

function signatureOf(given: SignedPayload, curve: Curve): Uint8Array {
  const [prefix, digits = "", ...rest] = textOf(given, "signature").split(":", 3);
  if (prefix !== curve || rest.length > 0 || digits.length > mostDigits) throw new EncodingError("not a signature");
  const bytes = decodeBase58(digits);
  if (bytes.length !== signatureLengths[curve]) throw new EncodingError("not a signature");
  return bytes;
}

function parsed(json: string): SignedPayload {
  try {
    return objectOf({ value: JSON.parse(json) as unknown }, "value");
  } catch (error) {
    if (error instanceof SyntaxError) throw new EncodingError("not JSON");
    throw error;
  }
}

function decodeUrl(given: string): Uint8Array {
  try {
    return base64urlnopad.decode(given);
  } catch {
    throw new EncodingError("not base64url");
  }
}
