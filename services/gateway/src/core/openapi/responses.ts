import type { ExceededQuota } from "@outlayer/workflow";
import { Problem, type ProblemStatus, problemBody } from "../problem.ts";
import { exampleRequestId } from "./examples/records.ts";
import { type Example, headerRef, type Named, type Response, schemaRef } from "./types.ts";

export type ResponseName = keyof typeof componentResponses;

/** Shared responses for errors without a record. */
export const componentResponses = {
  BadRequest: errorResponse(400, "The request cannot be read. Nothing was recorded.", {
    type: ["A field of the wrong type", "invalid workflow JSON: steps[0].amount must be a string"],
    syntax: ["Not JSON", "invalid workflow JSON: value expected at line 1 column 12"],
  }),
  BadWait: errorResponse(400, "A parameter is not what it must be.", {
    wait: ["A wait that is too long", "wait must be an integer from 0 to 25"],
  }),
  Unauthorized: errorResponse(401, "The wallet did not prove itself.", {
    wrong: ["A wrong token or key", "wallet authentication failed"],
  }),
  Forbidden: errorResponse(403, "A session cannot have this signed.", {
    step: [
      "A step that the keystore would sign",
      "a session cannot have steps[0] (intents.transfer) signed: send it with the credentials of the wallet that is to sign",
    ],
  }),
  SignInRefused: errorResponse(401, "The challenge, its signature or its signer is refused.", {
    key: [
      "A function-call key",
      "ed25519:5TagutioHgKLh7KZ1VEFBYfgRkPtqnKm9LoMnJMJugxm is a function-call key of alice.near: sign in with a full access key",
    ],
    used: ["A challenge that was used", "the challenge was used before: ask for another one"],
    expired: ["A challenge that is too old", "the challenge has expired: ask for another one"],
  }),
  NotASession: errorResponse(403, "The credentials are no session's.", {
    key: ["An API key", "only a session can be signed out: send its token"],
  }),
  SignInOff: errorResponse(404, "The operator has not turned signing in on.", {
    off: ["Signing in is off", "there is nothing at /wallet/v1/auth/challenge"],
  }),
  NotFound: errorResponse(404, "There is no such record of this wallet.", {
    unknown: ["An id that is not there", `workflow request ${exampleRequestId} was not found`],
  }),
  RequestTimeout: errorResponse(408, "The request did not arrive in time.", {
    slow: ["A slow upload", "the request did not arrive in time"],
  }),
  ContentTooLarge: errorResponse(413, "The body is over 256 KiB.", {
    large: ["A body that is too large", "the body must be at most 262144 bytes"],
  }),
  SmallContentTooLarge: errorResponse(413, "The body is over 16 KiB.", {
    large: ["A body that is too large", "the body must be at most 16384 bytes"],
  }),
  UnsupportedMediaType: errorResponse(415, "The body is something else than JSON in UTF-8.", {
    type: ["Another content type", "the body must be application/json in UTF-8, without a content encoding"],
  }),
  QuotaExceeded: quotaResponse(),
  HeadersTooLarge: errorResponse(431, "The path and the headers together are over 16 KiB.", {
    large: ["Headers that are too large", "the path and the headers together must be at most 16384 bytes"],
  }),
  InternalError: errorResponse(500, "Our fault. What happened is in our log, not in the answer.", {
    internal: ["Our fault", "internal error"],
  }),
  Unavailable: errorResponse(503, "Something that is needed is away for now: try again after a while.", {
    away: ["An upstream is away", "records cannot be read now: try again"],
  }),
} as const satisfies Named<Response>;

/** Of the one endpoint that an operator can leave unconfigured. */
export const noQuoteSource = errorResponse(
  404,
  "The operator has configured no source of quotes, or nothing that carries what sessions sign.",
  {
    none: ["No source", "no source of quotes is configured here"],
    carrier: [
      "For a session",
      "what a session signs cannot be carried here: the operator has set no service wallet (SERVICE_WALLET_ID)",
    ],
  },
);

/** Examples of a quota with a window, and of one without. */
function quotaResponse(): Response {
  const example = (summary: string, message: string, exceeded: ExceededQuota): Example => {
    const problem = new Problem(429, message, { exceeded });
    return { summary, value: problemBody(problem, "/wallet/v1/workflows/execute") };
  };
  const starts = { quota: "starts_per_hour", limit: 1000, remaining: 0, unit: "requests" } as const;
  const open = { quota: "open_workflows", limit: 200, remaining: 0, unit: "concurrent-requests" } as const;
  const examples = {
    starts_per_hour: example(
      "Too many starts in an hour",
      "the wallet has started 1000 requests in this UTC hour, which is its quota starts_per_hour: nothing was recorded",
      { standing: { ...starts, window: { secs: 3600, resetSecs: 1800 } }, retryAfterSecs: 1800 },
    ),
    open_workflows: example(
      "Too many open workflows",
      "the wallet has 200 workflows that have not ended, which is its quota open_workflows: nothing was recorded",
      { standing: { ...open, window: undefined }, retryAfterSecs: 5 },
    ),
  };
  return {
    description:
      "The wallet has used up a quota, which `quota` names. Nothing was recorded, and the idempotency key stays free. Never the answer to a repeated key, but where the wallet has too much in flight.",
    headers: {
      "Retry-After": headerRef("RetryAfter"),
      RateLimit: headerRef("RateLimit"),
      "RateLimit-Policy": headerRef("RateLimitPolicy"),
    },
    content: { "application/problem+json": { schema: schemaRef("Problem"), examples } },
  };
}

export function errorExample(status: ProblemStatus, summary: string, message: string, requestId?: string): Example {
  return { summary, value: problemBody(new Problem(status, message, { requestId }), "/wallet/v1/workflows/execute") };
}

function errorResponse(
  status: ProblemStatus,
  description: string,
  examples: Named<readonly [summary: string, message: string]>,
): Response {
  const shown = Object.entries(examples).map(([name, [summary, message]]) => {
    return [name, errorExample(status, summary, message)] as const;
  });
  return {
    description,
    ...headersOf(status),
    content: { "application/problem+json": { schema: schemaRef("Problem"), examples: Object.fromEntries(shown) } },
  };
}

function headersOf(status: ProblemStatus): Pick<Response, "headers"> {
  switch (status) {
    case 401:
      return { headers: { "WWW-Authenticate": headerRef("WwwAuthenticate") } };
    case 503:
      return { headers: { "Retry-After": headerRef("RetryAfter") } };
    default:
      return {};
  }
}
