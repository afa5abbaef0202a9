import type { HttpHandler } from "./http-server.ts";

/**
 * `fetch` for servers without sockets: URLs with one of these prefixes go to that handler. A broken connection rejects as Node's own
 * does, with a cause of code `ECONNRESET`. Only URL and options, and text bodies, are supported, as clients of these servers use: a
 * `Request` and its streams would take more time than most answers.
 */
export function fetchInProcess(handlers: Readonly<Record<string, HttpHandler>>): typeof fetch {
  return async (input, { method = "GET", headers, body = "", signal } = {}) => {
    if (input instanceof Request || typeof body !== "string") throw new TypeError("only URLs and texts are sent here");
    signal?.throwIfAborted();
    const url = new URL(input);
    const handler = handlers[url.origin];
    if (handler === undefined) throw broken("ENOTFOUND");
    const given = handler({
      method,
      path: url.pathname,
      query: url.searchParams,
      headers: Object.fromEntries(new Headers(headers)),
      body: Buffer.from(body),
    });
    const answer = await (signal ? Promise.race([given, aborted(signal)]) : given);
    if (answer === "reset") throw broken("ECONNRESET");
    return textResponse(answer.body, { status: answer.status, ...(answer.headers && { headers: answer.headers }) });
  };
}

/** A response that holds its text: else it would be read from a stream. */
function textResponse(text: string, init: ResponseInit): Response {
  return Object.assign(new Response(null, init), {
    text: async () => text,
    json: async () => JSON.parse(text),
  });
}

function broken(code: string): TypeError {
  return new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
