import { maxGetWaitSecs, maxPostWaitSecs } from "../wait.ts";
import type { Header, Named, Parameter } from "./types.ts";

/** Names by which operations refer to parameters. */
export type ParameterName = keyof ReturnType<typeof parametersOf>;

export function componentParameters(executeWaitSecs: number): Named<Parameter> {
  return parametersOf(executeWaitSecs);
}

function parametersOf(executeWaitSecs: number) {
  return {
    RequestId: {
      name: "request_id",
      in: "path",
      required: true,
      description: "As the answer that opened the record gave it.",
      schema: { type: "string", format: "uuid" },
      example: "0192f3c0-7c1e-7000-8000-000000000001",
    },
    IdempotencyKey: {
      name: "Idempotency-Key",
      in: "header",
      required: false,
      description:
        '1 to 255 printable ASCII characters, as they are or as a string of structured fields (RFC 8941): `dust-1` and `"dust-1"` are one key. May be given in the body instead; where both are, they must agree.',
      schema: { type: "string", minLength: 1, maxLength: 255 },
      example: "dust-1",
    },
    XIdempotencyKey: {
      name: "X-Idempotency-Key",
      in: "header",
      required: false,
      description: "The same as `Idempotency-Key`, under the name that published callers send.",
      schema: { type: "string", minLength: 1, maxLength: 255 },
      example: "dust-1",
    },
    Prefer: {
      name: "Prefer",
      in: "header",
      required: false,
      description: `\`wait=N\`: hold the answer for up to N seconds, 0 to ${maxPostWaitSecs}, until the record has ended; ${executeWaitSecs} where it is absent. More than ${maxPostWaitSecs} counts as ${maxPostWaitSecs}; what cannot be read is ignored.`,
      schema: { type: "string" },
      example: "wait=20",
    },
    Wait: {
      name: "wait",
      in: "query",
      required: false,
      description: "Hold the answer for up to so many seconds, until the record changes or ends.",
      schema: { type: "integer", minimum: 0, maximum: maxGetWaitSecs },
      example: 20,
    },
    IfNoneMatch: {
      name: "If-None-Match",
      in: "header",
      required: false,
      description: "The `ETag` of an earlier answer: 304 without a body where the record is still the same.",
      schema: { type: "string" },
      example: '"7"',
    },
    UserId: queryOfScope("user_id", "The user whose key signs.", "mike.near"),
    RegistryId: queryOfScope("registry_id", "Namespace of the key's derivation.", "mike.sequential.near"),
    ReceiverId: queryOfScope("receiver_id", "The contract that is called.", "count.mike.near"),
    MethodNames: queryOfScope("method_names", "The methods, separated by commas or repeated.", "increase"),
    AccountId: {
      name: "account_id",
      in: "path",
      required: true,
      description: "Anybody's: what is said of an account is public on the chain.",
      schema: { type: "string", minLength: 2, maxLength: 64 },
      example: "alice.near",
    },
    PublicKey: {
      name: "public_key",
      in: "query",
      required: false,
      description: "A key to look for: `ed25519:`, `secp256k1:` or `p256:`, and base58.",
      schema: { type: "string" },
      example: "ed25519:5TagutioHgKLh7KZ1VEFBYfgRkPtqnKm9LoMnJMJugxm",
    },
    TokenId: {
      name: "token_id",
      in: "query",
      required: false,
      description: "A token whose balance is wanted; up to 32 by repetition.",
      schema: { type: "string" },
      example: "nep141:wrap.near",
    },
    LastEventId: {
      name: "Last-Event-ID",
      in: "header",
      required: false,
      description:
        "Go on after the event with this id. Clients of event streams send it by themselves when they come back.",
      schema: { type: "string", pattern: "^[0-9]{0,15}$" },
      example: "7",
    },
    After: {
      name: "after",
      in: "query",
      required: false,
      description: "The same for clients that cannot set headers. `Last-Event-ID` counts where both are given.",
      schema: { type: "integer", minimum: 0 },
      example: 7,
    },
  } as const satisfies Named<Parameter>;
}

function queryOfScope(name: string, description: string, example: string) {
  return { name, in: "query", required: true, description, schema: { type: "string" }, example } as const;
}

export const componentHeaders = {
  ETag: {
    description: "The record's version, for `If-None-Match`.",
    schema: { type: "string", pattern: '^"[0-9]+"$' },
    example: '"7"',
  },
  Location: {
    description: "Path of the record.",
    schema: { type: "string" },
    example: "/wallet/v1/workflows/0192f3c0-7c1e-7000-8000-000000000001",
  },
  RetryAfter: {
    description: "After how many seconds to ask again.",
    schema: { type: "integer", minimum: 0 },
    example: 1,
  },
  RateLimit: {
    description:
      "What is left of quotas, and seconds until they begin anew: a list of draft-ietf-httpapi-ratelimit-headers.",
    schema: { type: "string" },
    example: '"starts_per_hour";r=999;t=1800',
  },
  RateLimitPolicy: {
    description: "Those quotas, and their windows in seconds. `millinear` is a thousandth of a NEAR of the operator's.",
    schema: { type: "string" },
    example: '"starts_per_hour";q=1000;w=3600',
  },
  PreferenceApplied: {
    description: "The wait that `Prefer` came to. Absent without a readable `Prefer: wait`.",
    schema: { type: "string" },
    example: "wait=20",
  },
  WwwAuthenticate: {
    description: "How to authenticate.",
    schema: { type: "string" },
    example: 'Bearer realm="wallet"',
  },
} as const satisfies Named<Header>;
