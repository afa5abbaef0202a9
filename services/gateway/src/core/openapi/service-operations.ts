import { errors } from "./error-refs.ts";
import { tags } from "./prose.ts";
import type { ResponseName } from "./responses.ts";
import { noSecurity } from "./security.ts";
import type { MediaType, Named, Operation, PathItem } from "./types.ts";

const dependencies = {
  type: "object",
  description: "State of each service behind it, where they run on their own.",
  additionalProperties: { type: "string" },
  examples: [{ planner: "ok", evidence: "away" }],
};

/** Operations on the service itself, without authentication. */
export const servicePaths: Named<PathItem> = {
  "/openapi.json": {
    get: open("getOpenApi", "This description", "The OpenAPI document that this page is made from.", {
      "application/json": {
        schema: { type: "object" },
        examples: { document: { summary: "Its beginning", value: { openapi: "3.1.0" } } },
      },
    }),
  },
  "/docs": {
    get: open("getDocs", "This page", "The same description for people. It loads nothing else.", {
      "text/html": {
        schema: { type: "string" },
        examples: { page: { summary: "Its beginning", value: "<!doctype html>" } },
      },
    }),
  },
  "/livez": { get: open("getLiveness", "Is it alive", "Answers as long as the process lives.", probe("alive")) },
  "/readyz": {
    get: open(
      "getReadiness",
      "Is it ready",
      "Answers 200 as long as requests are taken, and says how the services behind it are: `ok`, `slow`, `away`, or `unknown` before the first answer. Without evidence nothing can be served: within 10 s after it can no longer be reached this is 503, and 200 again once it answers. Asks none of them.",
      probe("ready"),
      ["Unavailable"],
    ),
  },
};

/** A GET without authentication. */
function open(
  operationId: string,
  summary: string,
  description: string,
  content: Named<MediaType>,
  further: readonly ResponseName[] = [],
): Operation {
  const responses = { "200": { description: "It is there.", content }, ...errors(["HeadersTooLarge", ...further]) };
  return { operationId, tags: [tags.service], summary, description, security: noSecurity, responses };
}

function probe(status: string): Named<MediaType> {
  const schema = {
    type: "object",
    properties: {
      status: { type: "string", description: "What it is.", examples: [status] },
      ...(status === "ready" ? { dependencies } : {}),
    },
    required: ["status"],
  };
  return { "application/json": { schema, examples: { [status]: { summary: "Yes", value: { status } } } } };
}
