import { once } from "node:events";
import { connect as connectHttp2, type IncomingHttpHeaders, type SecureClientSessionOptions } from "node:http2";
import { connect, type Socket } from "node:net";

/** What became of a request of which some of the body was sent, and perhaps not its end. */
export interface Answered {
  readonly status: number;
  /** Of gRPC; undefined of the other protocols. */
  readonly grpcStatus: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Of HTTP/2: the code with which the stream was closed. Of HTTP/1.1: whether the connection was. */
  readonly closed: number | boolean;
}

export interface RawRequest {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Whether the body ends: else more of it is announced by saying nothing. */
  readonly end?: boolean;
  readonly tls?: SecureClientSessionOptions;
}

/** Resolves once the server has closed the stream. */
export async function askHttp2(
  url: string,
  { path, headers = {}, body, end = true, tls }: RawRequest,
): Promise<Answered> {
  const session = connectHttp2(url, tls);
  session.on("error", () => {});
  try {
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      ...headers,
    });
    stream.on("error", () => {});
    let answered: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    let text = "";
    stream.on("response", (received) => {
      answered = received;
    });
    stream.on("trailers", (received) => {
      trailers = received;
    });
    stream.on("data", (chunk) => {
      text += chunk;
    });
    if (body !== undefined) stream.write(body);
    if (end) stream.end();
    await once(stream, "close");
    const grpcStatus = trailers["grpc-status"] ?? answered["grpc-status"];
    return {
      status: Number(answered[":status"]),
      grpcStatus: grpcStatus === undefined ? undefined : String(grpcStatus),
      headers: answered,
      body: text,
      closed: stream.rstCode ?? 0,
    };
  } finally {
    session.destroy();
  }
}

/** Resolves once the server has closed the connection, or has answered where it keeps it. */
export async function askHttp1(url: string, { path, headers = {}, body, end = true }: RawRequest): Promise<Answered> {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  await once(socket, "connect");
  const length = body === undefined || !end ? {} : { "content-length": String(body.byteLength) };
  const chunked = end ? {} : { "transfer-encoding": "chunked" };
  const all = { host, "content-type": "application/json", ...length, ...chunked, ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`POST ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
  if (body !== undefined) {
    if (!end) socket.write(`${body.byteLength.toString(16)}\r\n`);
    socket.write(body);
    if (!end) socket.write("\r\n");
  }
  return parse(await received(socket));
}

async function received(socket: Socket): Promise<{ readonly text: string; readonly closed: boolean }> {
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
    const [head = "", body = ""] = text.split("\r\n\r\n");
    const length = /content-length: (\d+)/i.exec(head)?.[1];
    const isChunked = /transfer-encoding: chunked/i.test(head) && text.endsWith("\r\n0\r\n\r\n");
    const isWhole = isChunked || (length !== undefined && Buffer.byteLength(body) >= Number(length));
    if (isWhole && !/connection: close/i.test(head)) socket.emit("whole");
  });
  const closed = await Promise.race([once(socket, "end").then(() => true), once(socket, "whole").then(() => false)]);
  socket.destroy();
  return { text, closed };
}

function parse({ text, closed }: { readonly text: string; readonly closed: boolean }): Answered {
  const [head = "", ...body] = text.split("\r\n\r\n");
  const [first = "", ...lines] = head.split("\r\n");
  const headers = Object.fromEntries(lines.map((line) => line.toLowerCase().split(": ", 2) as [string, string]));
  return {
    status: Number(first.split(" ")[1]),
    grpcStatus: headers["grpc-status"],
    headers,
    body: body.join(),
    closed,
  };
}
