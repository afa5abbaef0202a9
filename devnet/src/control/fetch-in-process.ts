import type { HttpHandler } from "./http-server.ts";

/**
 * `fetch` for servers that have no sockets: what starts with one of the URLs goes to that handler. A connection that breaks
 * rejects as Node's own does, with a cause of code `ECONNRESET`.
 */
export function fetchInProcess(handlers: Readonly<Record<string, HttpHandler>>): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    request.signal.throwIfAborted();
    const url = new URL(request.url);
    const handler = handlers[url.origin];
    if (handler === undefined) throw broken("ENOTFOUND");
    const given = handler({
      method: request.method,
      path: url.pathname,
      query: url.searchParams,
      headers: Object.fromEntries(request.headers),
      body: new Uint8Array(await request.arrayBuffer()),
    });
    const answer = await Promise.race([given, aborted(request.signal)]);
    if (answer === "reset") throw broken("ECONNRESET");
    return new Response(answer.body, { status: answer.status, ...(answer.headers && { headers: answer.headers }) });
  };
}

function broken(code: string): TypeError {
  return new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
