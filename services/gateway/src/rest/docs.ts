import { createHash } from "node:crypto";
import { docsPage } from "../core/docs/page.ts";
import type { Endpoint } from "../core/endpoint.ts";
import type { OpenApiDocument } from "../core/openapi/types.ts";

/** The API's description for people: one page that loads nothing else. */
export function docs(document: OpenApiDocument): Endpoint {
  const { html, style } = docsPage(document);
  const hash = createHash("sha256").update(style).digest("base64");
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": policy,
    "cache-control": "no-cache",
  };
  return {
    method: "GET",
    path: "/docs",
    access: "anybody",
    handle: async () => ({ kind: "document", headers, text: html }),
  };
}
