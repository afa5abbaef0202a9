import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request in the handlers' form, so that handlers can be called without a socket. */
export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

/** An answer, or a connection that breaks without one. */
export type HttpAnswer =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | "reset";

export type HttpHandler = (request: HttpRequest) => Promise<HttpAnswer>;

export interface HttpListener {
  /** Without a slash at its end. */
  readonly url: string;
  /** Breaks open connections, and resolves when the port is free. */
  close(): Promise<void>;
}

const maxBody = 16 * 1024 * 1024;

/** Serves on loopback. @param port 0 for a free one */
export async function listen(handler: HttpHandler, port: number): Promise<HttpListener> {
  const server = createServer((request, response) => {
    answer(handler, request, response).catch((error) => fail(response, error));
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${bound}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

export function jsonAnswer(status: number, body: string): HttpAnswer {
  return { status, headers: { "content-type": "application/json" }, body };
}

export function textAnswer(status: number, body: string): HttpAnswer {
  return { status, headers: { "content-type": "text/plain; charset=utf-8" }, body };
}

async function answer(handler: HttpHandler, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(incoming.url ?? "/", "http://devnet");
  const given = await handler({
    method: incoming.method ?? "GET",
    path: pathname,
    query: searchParams,
    headers: headersOf(incoming),
    body: await bodyOf(incoming),
  });
  if (given === "reset") {
    incoming.socket.resetAndDestroy();
    return;
  }
  response.writeHead(given.status, { ...given.headers, "content-length": Buffer.byteLength(given.body) });
  response.end(given.body);
}

/** Reports a bug of the devnet itself in the answer. */
function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent) response.destroy();
  else response.writeHead(500).end(error instanceof Error ? (error.stack ?? error.message) : String(error));
}

function headersOf(incoming: IncomingMessage): Record<string, string | undefined> {
  const single = Object.entries(incoming.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value[0] : value,
  ]);
  return Object.fromEntries(single);
}

async function bodyOf(incoming: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBody) throw new Error("body too large");
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
