import type { FastifyReply, FastifyRequest } from "fastify";
import { header } from "./rest-request.ts";

/** What a page may send; the credentials of trusted workers are not among them. */
const requestHeaders =
  "authorization, content-type, idempotency-key, if-none-match, last-event-id, prefer, traceparent";
/** What a page may read beside the body. */
const answerHeaders = "etag, location, preference-applied, ratelimit, ratelimit-policy, retry-after, www-authenticate";
/** How long a browser may keep the answer to a preflight, seconds. */
const maxAgeSecs = "600";

/**
 * Cross-origin resource sharing, for pages of the origins that the operator names, and nobody else's. Without cookies: a page sends its
 * credentials in `Authorization`.
 */
export class Cors {
  readonly #origins: ReadonlySet<string>;
  /** Methods by the path of a route. */
  readonly #methods: ReadonlyMap<string, string>;

  constructor(origins: readonly string[], methods: ReadonlyMap<string, string>) {
    this.#origins = new Set(origins);
    this.#methods = methods;
  }

  /** Lets the page read the answer. @returns the answer itself, where a browser asks beforehand whether the page may send a request */
  admit(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
    if (this.#origins.size === 0) return undefined;
    // On the response itself: event streams are written past Fastify.
    reply.raw.setHeader("vary", "origin");
    const origin = header(request.raw, "origin");
    if (origin === undefined || !this.#origins.has(origin)) return undefined;
    reply.raw.setHeader("access-control-allow-origin", origin);
    reply.raw.setHeader("access-control-expose-headers", answerHeaders);
    const methods = this.#methods.get(request.routeOptions.url ?? "");
    const isAsked = request.method === "OPTIONS" && header(request.raw, "access-control-request-method") !== undefined;
    if (!isAsked || methods === undefined) return undefined;
    reply.header("access-control-allow-methods", methods);
    reply.header("access-control-allow-headers", requestHeaders);
    reply.header("access-control-max-age", maxAgeSecs);
    return reply.code(204).send();
  }
}
