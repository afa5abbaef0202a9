import { InvalidRequest } from "./invalid-request.ts";

const pattern = /^[ -~]{1,255}$/;

/**
 * The key that a request goes by.
 * @param given the body's and the headers' keys, as far as there are any
 * @param uuid a UUID v7, for a request without a key: such a request is one-shot
 * @throws InvalidRequest when they differ, or are not 1 to 255 printable ASCII characters
 */
export function pickIdempotencyKey(given: readonly string[], uuid: string): string {
  const [key, ...others] = given;
  if (key === undefined) return `srv_${uuid}`;
  if (others.some((other) => other !== key)) {
    const said = "idempotency keys differ: the body and the headers must give the same one";
    throw new InvalidRequest(said, "IDEMPOTENCY_KEYS_DIFFER", ["idempotency_key"]);
  }
  if (!pattern.test(key)) {
    const said = "idempotency_key must be 1 to 255 printable ASCII characters";
    throw new InvalidRequest(said, "IDEMPOTENCY_KEY_INVALID", ["idempotency_key"]);
  }
  return key;
}
