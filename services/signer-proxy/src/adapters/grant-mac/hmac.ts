import { createHmac, timingSafeEqual } from "node:crypto";
import type { GrantMac } from "../../core/grant.ts";

/** HMAC-SHA256. */
export function hmacGrantMac(secret: string): GrantMac {
  const compute = (text: string) => createHmac("sha256", secret).update(text).digest();
  return {
    compute,
    matches(text, mac) {
      const expected = compute(text);
      return mac.length === expected.length && timingSafeEqual(expected, mac);
    },
  };
}
