import { createHash } from "node:crypto";
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import canonicalize from "canonicalize";
import type { Endpoint } from "./statuses.ts";

/** The RFC 8785 text of a JSON value. @throws Error for a value that JSON cannot express, e.g. a lone surrogate */
export function canonicalJson(value: JsonValue): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("not a JSON value");
  return text;
}

/**
 * Equal for requests that may share an idempotency key: lower-case hex SHA-256 of the endpoint, a line feed and the
 * canonical request without its key.
 */
export function fingerprint(endpoint: Endpoint, request: JsonObject): string {
  const { idempotency_key: _, ...rest } = request;
  return sha256Hex(`${endpoint}\n${canonicalJson(rest)}`);
}

/**
 * Equal for a request and the one that its approval was given for: lower-case hex SHA-256 of the canonical request without its
 * key and its approval.
 */
export function approvalDigest(request: JsonObject): string {
  const { idempotency_key: _key, approval_info: _approval, ...rest } = request;
  return sha256Hex(canonicalJson(rest));
}

function sha256Hex(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
