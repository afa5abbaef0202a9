import type { Endpoint } from "../core/endpoint.ts";
import type { OpenApiDocument } from "../core/openapi/types.ts";

/** The API's description, for tools. */
export function openApi(document: OpenApiDocument): Endpoint {
  const text = `${JSON.stringify(document, null, 2)}\n`;
  const headers = { "content-type": "application/json; charset=utf-8", "cache-control": "no-cache" };
  return {
    method: "GET",
    path: "/openapi.json",
    access: "anybody",
    handle: async () => ({ kind: "document", headers, text }),
  };
}
