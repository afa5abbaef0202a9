import { hash, timingSafeEqual } from "node:crypto";
import { type ConfigReader, Malformed, type Parse } from "./config.ts";

const leastLength = 32;

/** A secret that services share. It must be long: an attacker may guess without limit. */
export const sharedSecret: Parse<string> = (value) => {
  if (value.length < leastLength) throw new Malformed(`must have at least ${leastLength} characters`);
  return value;
};

/** A required shared secret that differs from every other secret that this process reads. */
export function readSharedSecret(reader: ConfigReader, name: string): string {
  const secret = reader.requiredSecret(name, sharedSecret);
  mustDiffer(reader, name, secret);
  return secret;
}

/** `SERVICE_TOKEN`; undefined where it is not set. */
export function readServiceToken(reader: ConfigReader): string | undefined {
  const token = reader.optionalSecret("SERVICE_TOKEN", sharedSecret, undefined);
  mustDiffer(reader, "SERVICE_TOKEN", token);
  return token;
}

/**
 * Adds a problem if a secret equals another one. Knowing one secret must not mean knowing another. Operators' signing keys are
 * left out: relayer and approver may be one account.
 * @param place as a problem names it @param secret undefined where there is none, or it is malformed, which the reader has noted
 */
export function mustDiffer(reader: ConfigReader, place: string, secret: string | undefined): void {
  if (secret !== undefined) reader.distinct(place, sha256Hex(secret));
}

/** Lower-case hex. */
export function sha256Hex(text: string): string {
  return hash("sha256", text, "hex");
}

/** By list of configured secrets, for as long as the list lives: their digests. Of what callers send, nothing is kept. */
const digests = new WeakMap<readonly string[], readonly Uint8Array[]>();

/**
 * Constant-time comparison of a secret with each of a list.
 * @param secrets configured ones, in a list that never changes
 */
export function matchesAny(given: string, secrets: readonly string[]): boolean {
  const digest = digestOf(given);
  let found = false;
  for (const expected of digestsOf(secrets)) found = timingSafeEqual(digest, expected) || found;
  return found;
}

function digestsOf(secrets: readonly string[]): readonly Uint8Array[] {
  const known = digests.get(secrets);
  if (known !== undefined) return known;
  const made = secrets.map(digestOf);
  digests.set(secrets, made);
  return made;
}

function digestOf(secret: string): Uint8Array {
  return hash("sha256", secret, "buffer");
}
