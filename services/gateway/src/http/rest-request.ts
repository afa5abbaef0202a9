import type { IncomingMessage } from "node:http";
import { vouchingHeaders, type WalletCaller } from "@outlayer/access";
import type { Headerlike } from "@outlayer/kit";
import type { FastifyReply, FastifyRequest } from "fastify";
import { isJsonContentType } from "../core/content-type.ts";
import type { RestRequest } from "../core/endpoint.ts";
import { Problem } from "../core/problem.ts";
import { unsupportedMediaType } from "./problem-of-error.ts";

/** The request's path without the query, which can hold data that an answer should not repeat. */
export function pathOf(url: string): string {
  return url.split("?", 1)[0] ?? url;
}

export function queryOf(url: string): URLSearchParams {
  const start = url.indexOf("?");
  return new URLSearchParams(start === -1 ? "" : url.slice(start + 1));
}

/** The headers of a request, as authentication reads them. */
export function credentialsOf(request: IncomingMessage): Headerlike {
  return { get: (name) => header(request, name) ?? null };
}

/** Refuses an unreadable encoding before the body is read. @throws Problem 415 */
export function checkBodyHeaders({ headers }: IncomingMessage): void {
  const encoding = headers["content-encoding"];
  if (!isJsonContentType(headers["content-type"]) || (encoding !== undefined && encoding !== "identity")) {
    throw unsupportedMediaType();
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The text of a body. A byte order mark stays: the planner decides about it.
 * @throws Problem 400 unless it is UTF-8
 */
function decodeBody(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Problem(400, "invalid workflow JSON: the body is not valid UTF-8");
  }
}

/** Headers of an upstream's answer that are passed on to the caller. */
const passedOn = ["ratelimit", "ratelimit-policy"] as const;

/** @param caller undefined for an endpoint without authentication @param signal aborted when the client has gone */
export function restRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  caller: WalletCaller | undefined,
  signal: AbortSignal,
): RestRequest {
  const { raw, params, body } = request;
  return {
    path: pathOf(request.url),
    id: idOf(params),
    query: queryOf(request.url),
    passOn(headers) {
      for (const name of passedOn) {
        const value = headers.get(name);
        if (value !== null) reply.header(name, value);
      }
    },
    credentials: caller === undefined ? {} : vouchingHeaders(caller),
    get idempotencyKeys() {
      return idempotencyKeysOf(raw);
    },
    prefer: header(raw, "prefer"),
    lastEventId: header(raw, "last-event-id"),
    ifNoneMatch: header(raw, "if-none-match"),
    body: body instanceof Uint8Array ? decodeBody(body) : "",
    signal,
  };
}

/** Read where they count: Node sorts all headers of a request for it. */
function idempotencyKeysOf({ headersDistinct }: IncomingMessage): readonly string[] {
  return ["idempotency-key", "x-idempotency-key"].flatMap((name) => headersDistinct[name] ?? []);
}

function idOf(params: unknown): string {
  const [id] = typeof params === "object" && params !== null ? Object.values(params) : [];
  return typeof id === "string" ? id : "";
}

/** A header's value; repeated headers are joined. */
export function header({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}
