import { createHmac, timingSafeEqual } from "node:crypto";
import type { SessionTerms } from "./session-keys.ts";

/** What an account signs to sign in. */
export interface Challenge {
  readonly accountId: string;
  /** Of NEP-413. */
  readonly message: string;
  /** 32 bytes. */
  readonly nonce: Uint8Array;
  /** Of NEP-413: the audience of sessions. */
  readonly recipient: string;
  /** What all other standards sign. No payload of the verifier's, for those are JSON. */
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

/** Seconds that a challenge is taken. */
export const challengeSecs = 300;

/** A nonce: seconds since the epoch at which it expires (u32 BE), random bytes, a MAC over both, account and audience. */
const randomOffset = 4;
const macOffset = 16;
const nonceLength = 32;

/** Random bytes that a challenge takes. */
export const challengeRandomLength = macOffset - randomOffset;

/**
 * Makes a challenge. Nothing of it is stored: the nonce proves where it comes from, for whom, and until when.
 * @param random `challengeRandomLength` bytes @param nowMs milliseconds since the epoch
 */
export function makeChallenge(terms: SessionTerms, accountId: string, random: Uint8Array, nowMs: number): Challenge {
  const [key] = terms.keys;
  if (key === undefined) throw new Error("there is no key to make challenges");
  const head = Buffer.alloc(macOffset);
  head.writeUInt32BE(Math.floor(nowMs / 1000) + challengeSecs);
  head.set(random, randomOffset);
  const nonce = Buffer.concat([head, macOf(key.challengeSecret, head, terms.audience, accountId)]);
  return challengeOf(terms.audience, accountId, nonce);
}

/**
 * The challenge to which a nonce belongs.
 * @returns `unknown` for a nonce that is of no challenge for this account here, `expired` for one that is taken no more
 */
export function findChallenge(
  { keys, audience }: SessionTerms,
  accountId: string,
  nonce: Uint8Array,
  nowMs: number,
): Challenge | "unknown" | "expired" {
  if (nonce.length !== nonceLength) return "unknown";
  const [head, mac] = [nonce.subarray(0, macOffset), nonce.subarray(macOffset)];
  const isOurs = keys.some((key) => timingSafeEqual(mac, macOf(key.challengeSecret, head, audience, accountId)));
  if (!isOurs) return "unknown";
  const challenge = challengeOf(audience, accountId, nonce);
  return challenge.expiresAtMs > nowMs ? challenge : "expired";
}

/** 16 bytes. */
function macOf(secret: Uint8Array, head: Uint8Array, audience: string, accountId: string): Uint8Array {
  const signed = JSON.stringify([Buffer.from(head).toString("hex"), audience, accountId]);
  return createHmac("sha256", secret)
    .update(signed)
    .digest()
    .subarray(0, nonceLength - macOffset);
}

function challengeOf(audience: string, accountId: string, nonce: Uint8Array): Challenge {
  const bytes = Buffer.from(nonce);
  const expiresAtMs = bytes.readUInt32BE() * 1000;
  const message = `Sign in to ${audience} as ${accountId}`;
  const text = [
    message,
    "",
    "This moves nothing. Sign it only where you want to sign in.",
    "",
    `Recipient: ${audience}`,
    `Account: ${accountId}`,
    `Nonce: ${bytes.toString("base64")}`,
    `Expires: ${new Date(expiresAtMs).toISOString()}`,
  ].join("\n");
  return { accountId, message, nonce, recipient: audience, text, expiresAtMs };
}
