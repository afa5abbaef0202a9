import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import {
  type ClientHttp2Session,
  connect,
  createServer as createHttp2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from "node:http2";
import type { AddressInfo, Socket } from "node:net";

/** Where a call may be met on its way: nothing of it was done; it was done and nobody knows; its caller has the answer. */
export type Moment = "before" | "done" | "after";

export const moments: readonly Moment[] = ["before", "done", "after"];

/** One call that passes. */
export interface Passage {
  readonly path: string;
  readonly body: Uint8Array;
}

/** Told of a call at each of its moments. It goes on once that is through, and not at all where the answer is false. */
export type Meet = (passage: Passage, moment: Moment) => Promise<boolean>;

/** A place that every call of a process passes on its way to one that it calls. */
export interface Toll {
  readonly url: string;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
}

type Forward = (path: string, headers: Record<string, string>, body: Uint8Array) => Promise<Answer>;
type Incoming = IncomingMessage | Http2ServerRequest;
type Outgoing = ServerResponse | Http2ServerResponse;

/** For the caller to take in what it was answered, milliseconds. */
const takenInMs = 5;

/** Before a service: unary calls of the Connect protocol over h2c. */
export function tollOnService(target: string, meet: Meet): Promise<Toll> {
  const upstream = new Sessions(target);
  return startToll(createHttp2Server(), meet, upstream.forward, () => upstream.close());
}

/** Before a node: JSON-RPC over HTTP/1.1. */
export function tollOnNode(target: string, meet: Meet): Promise<Toll> {
  const forward: Forward = async (path, headers, body) => {
    const response = await fetch(target + path, { method: "POST", headers, body: Uint8Array.from(body) });
    const bytes = new Uint8Array(await response.arrayBuffer());
    return { status: response.status, headers: Object.fromEntries(response.headers), body: bytes };
  };
  return startToll(createHttpServer(), meet, forward, () => {});
}

type Server = ReturnType<typeof createHttpServer> | ReturnType<typeof createHttp2Server>;

async function startToll(server: Server, meet: Meet, forward: Forward, end: () => void): Promise<Toll> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => {});
  });
  server.on("request", (request: Incoming, response: Outgoing) => {
    // Whatever breaks on the way: its caller has no answer, and its connection breaks.
    pass(request, response, meet, forward).catch(() => request.socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      end();
      await closed;
    },
  };
}

async function pass(request: Incoming, response: Outgoing, meet: Meet, forward: Forward): Promise<void> {
  const passage = { path: request.url ?? "/", body: await bytesOf(request) };
  if (!(await meet(passage, "before"))) return;
  const answer = await forward(passage.path, passedOn(request.headers), passage.body);
  if (!(await meet(passage, "done"))) return;
  await give(response, answer);
  await new Promise((resolve) => setTimeout(resolve, takenInMs));
  await meet(passage, "after");
}

async function give(response: Outgoing, { status, headers, body }: Answer): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  response.once("close", () => resolve());
  // The two kinds of answers share these methods, and not their types.
  const one = response as ServerResponse;
  one.writeHead(status, passedOn(headers));
  one.end(body, () => resolve());
  await promise;
}

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Headers that are of one connection and not of the call, and a length that is counted anew. */
const ofConnection = ["connection", "keep-alive", "transfer-encoding", "host", "content-length"];

function passedOn(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  const entries = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === "string" && !name.startsWith(":") && !ofConnection.includes(name) ? [[name, value] as const] : [],
  );
  return Object.fromEntries(entries);
}

/** One HTTP/2 session to a service, made anew when it has ended. */
class Sessions {
  readonly #target: string;
  #session: ClientHttp2Session | undefined;

  constructor(target: string) {
    this.#target = target;
  }

  readonly forward: Forward = async (path, headers, body) => {
    const stream = this.#current().request({ ":method": "POST", ":path": path, ...headers });
    const head = once(stream, "response");
    stream.end(body);
    const [{ ":status": status, ...rest }] = await head;
    return { status, headers: passedOn(rest), body: await bytesOf(stream) };
  };

  close(): void {
    this.#session?.destroy();
  }

  #current(): ClientHttp2Session {
    const session = this.#session;
    if (session !== undefined && !session.destroyed && !session.closed) return session;
    this.#session = connect(this.#target).on("error", () => {});
    return this.#session;
  }
}
