import { hash } from "node:crypto";
import { type ConfigReader, Malformed, type Parse } from "./config.ts";

const leastLength = 32;

/** What those who trust one another share: whoever guesses it is one of them, and may guess without end. */
export const sharedSecret: Parse<string> = (value) => {
  if (value.length < leastLength) throw new Malformed(`must have at least ${leastLength} characters`);
  return value;
};

/** A required shared secret, unlike every other secret that this process reads. */
export function readSharedSecret(reader: ConfigReader, name: string): string {
  const secret = reader.requiredSecret(name, sharedSecret);
  mustDiffer(reader, name, secret);
  return secret;
}

/** `SERVICE_TOKEN`, where it is set. */
export function readServiceToken(reader: ConfigReader): string | undefined {
  const token = reader.optionalSecret("SERVICE_TOKEN", sharedSecret, undefined);
  mustDiffer(reader, "SERVICE_TOKEN", token);
  return token;
}

/**
 * Who knows one secret is not to know another by that. Operators' signing keys are left out: relayer and approver may be one account.
 * @param place as a problem names it @param secret undefined where there is none, or it is malformed, which the reader has noted
 */
export function mustDiffer(reader: ConfigReader, place: string, secret: string | undefined): void {
  if (secret !== undefined) reader.distinct(place, sha256Hex(secret));
}

/** Lower-case hex. */
export function sha256Hex(text: string): string {
  return hash("sha256", text, "hex");
}
