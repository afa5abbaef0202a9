import { createHash } from "node:crypto";
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import canonicalize from "canonicalize";
import type { Endpoint } from "./statuses.ts";

/** The RFC 8785 text of a JSON value. @throws Error for a value that JSON cannot say, e.g. a lone surrogate */
export function canonicalJson(value: JsonValue): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("not a JSON value");
  return text;
}

/**
 * What two requests under one idempotency key must share: lower-case hex SHA-256 of the endpoint, a line feed and the
 * canonical request less its key.
 */
export function fingerprint(endpoint: Endpoint, request: JsonObject): string {
  const { idempotency_key: _, ...rest } = request;
  return createHash("sha256")
    .update(`${endpoint}\n${canonicalJson(rest)}`)
    .digest("hex");
}
