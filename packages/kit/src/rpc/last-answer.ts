import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Timers } from "../ports.ts";
import { portLimits as limits } from "./port-limits.ts";

/** Connections on which no further request is taken. */
const ending = new WeakSet<Socket>();
/** Connections that only wait for their last answer to arrive, with the bytes that had been read before. */
const lingering = new WeakMap<Socket, number>();

export function isEnding(socket: Socket): boolean {
  return ending.has(socket);
}

export function isLingering(socket: Socket): boolean {
  return lingering.has(socket);
}

/**
 * Makes a request the last of its connection, which is closed once it is answered. After an answer that came before the whole
 * body, the start of the next request cannot be found; and a request that will get no answer should not be carried out.
 */
export function makeLast({ socket }: IncomingMessage, response: ServerResponse, timers: Timers): void {
  ending.add(socket);
  response.shouldKeepAlive = false;
  // Node calls this after a connection's last answer.
  socket.destroySoon = () => linger(socket, timers);
}

/** Makes a request the last of its connection if its answer comes before the whole body. */
export function lastWhereEarly(request: IncomingMessage, response: ServerResponse, timers: Timers): void {
  const writeHead = response.writeHead.bind(response);
  response.writeHead = ((...head: Parameters<typeof writeHead>) => {
    const isEarly = hasBody(request) && !request.complete;
    if (isEarly) makeLast(request, response, timers);
    const written = writeHead(...head);
    if (isEarly) drop(request);
    return written;
  }) as typeof response.writeHead;
}

/** Sends `100 Continue` only when the body is read, to a client that waits for that (`Expect: 100-continue`). */
export function continueOnceRead(request: IncomingMessage, response: ServerResponse): void {
  const read = request._read.bind(request);
  request._read = (size) => {
    request._read = read;
    if (!response.headersSent) response.writeContinue();
    read(size);
  };
}

/**
 * Half-closes a connection, and closes it once the other side has ended too, or after a while. Closed at once with bytes still
 * arriving, it would be reset, and the answer lost.
 */
export function linger(socket: Socket, timers: Timers): void {
  ending.add(socket);
  if (lingering.has(socket)) return;
  lingering.set(socket, socket.bytesRead);
  socket.destroySoon = () => {};
  socket.end(() => {
    if (socket.destroyed) return;
    socket.once(
      "close",
      timers.after(limits.lingerMs, () => socket.destroy()),
    );
  });
}

/** Bounds the bytes read of a lingering connection that no parser handles any more. */
export function dropAlso(socket: Socket): void {
  if (socket.bytesRead - (lingering.get(socket) ?? 0) > limits.lingerBytes) socket.pause();
}

/** Reads a bounded part of a body that nobody wants, so that its sender comes to read the answer; the rest stays in the sender's buffers. */
function drop(request: IncomingMessage): void {
  let dropped = 0;
  request.on("data", (chunk: Uint8Array) => {
    dropped += chunk.byteLength;
    if (dropped > limits.lingerBytes) request.pause();
  });
  request.resume();
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}
