import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Timers } from "../ports.ts";
import { portLimits as limits } from "./port-limits.ts";

/** Connections on which nothing more is taken: they have their last request, or its answer. */
const ending = new WeakSet<Socket>();
/** Those that only wait for their last answer to arrive, with the bytes that had come before. */
const lingering = new WeakMap<Socket, number>();

export function isEnding(socket: Socket): boolean {
  return ending.has(socket);
}

export function isLingering(socket: Socket): boolean {
  return lingering.has(socket);
}

/**
 * Has no request be taken after this one, and its connection closed once it is answered. Where one was answered before its
 * body had come, nobody can say where the next begins; and one that has no answer to come should not be carried out.
 */
export function makeLast({ socket }: IncomingMessage, response: ServerResponse, timers: Timers): void {
  ending.add(socket);
  response.shouldKeepAlive = false;
  // This is how Node closes after an answer that is the last.
  socket.destroySoon = () => linger(socket, timers);
}

/** Makes an answer the last on its connection where it comes before all of the body has. */
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

/** Asks a client that waits for that (`Expect: 100-continue`) for its body only when somebody reads it. */
export function continueOnceRead(request: IncomingMessage, response: ServerResponse): void {
  const read = request._read.bind(request);
  request._read = (size) => {
    request._read = read;
    if (!response.headersSent) response.writeContinue();
    read(size);
  };
}

/**
 * Ends a connection's own side, and closes it once the other side has ended too, or has had time to read: closed at once
 * while something is still on its way here, it would be reset, and what was answered lost.
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

/** Bounds what is read of a lingering connection that no parser takes any more. */
export function dropAlso(socket: Socket): void {
  if (socket.bytesRead - (lingering.get(socket) ?? 0) > limits.lingerBytes) socket.pause();
}

/** Reads some of what is still sent, so that its sender comes to read; what is beyond that waits in his own buffers. */
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
