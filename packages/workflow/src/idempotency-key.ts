import { ParseError, parseItem } from "structured-headers";
import { InvalidRequest } from "./invalid-request.ts";

const pattern = /^[ -~]{1,255}$/;

/**
 * The idempotency key of a request.
 * @param inBody the body's key, as it stands there
 * @param inHeaders the headers' keys. One that begins with a quote is a structured string (RFC 8941), as the header's draft has
 * it, and counts as its content (rule: key-has-one-content); any other is taken as it is, as existing callers send it
 * @param uuid a UUID v7, for a request without a key: such a request is one-shot
 * @throws InvalidRequest when they differ, or are not 1 to 255 printable ASCII characters
 */
export function pickIdempotencyKey(inBody: string | undefined, inHeaders: readonly string[], uuid: string): string {
  const contents = inHeaders.map(contentOf);
  const [key, ...others] = inBody === undefined ? contents : [inBody, ...contents];
  if (key === undefined) return `srv_${uuid}`;
  if (others.some((other) => other !== key)) {
    const said = "idempotency keys differ: the body and the headers must give the same one";
    throw new InvalidRequest(said, "IDEMPOTENCY_KEYS_DIFFER", ["idempotency_key"]);
  }
  if (!pattern.test(key)) throw invalidKey("idempotency_key must be 1 to 255 printable ASCII characters");
  return key;
}

/** Unbalanced quotes are refused: taken literally, a caller's slip would give one payment a second key. */
function contentOf(header: string): string {
  if (!header.startsWith('"')) return header;
  try {
    const [content] = parseItem(header);
    if (typeof content === "string") return content;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
  }
  throw invalidKey("Idempotency-Key begins with a quote and is not a string of structured fields (RFC 8941)");
}

function invalidKey(said: string): InvalidRequest {
  return new InvalidRequest(said, "IDEMPOTENCY_KEY_INVALID", ["idempotency_key"]);
}
