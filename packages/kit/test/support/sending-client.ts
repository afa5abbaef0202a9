import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface Sending {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes of the body, which are sent as fast as they are taken, until there is an answer. */
  readonly bytes: number;
  readonly chunked?: boolean;
  /** Sent, and answered, on the same connection before. */
  readonly before?: string;
  /** Sent right behind the body. */
  readonly next?: string;
  /** Reads nothing before all is sent. */
  readonly sendsFirst?: boolean;
}

const piece = Buffer.alloc(64 * 1024, " ");

/**
 * Asks on a connection of its own, as a client does that reads while it sends.
 * @returns all that came back on the connection until the server ended it, without the answer to `before`
 */
export async function askWhileSending(url: string, sending: Sending): Promise<string> {
  const { hostname, port, host } = new URL(url);
  const { method = "POST", path, headers = {}, bytes, chunked = false, before, next } = sending;
  const socket = connect(Number(port), hostname);
  // What was read before the connection broke counts: that is what a client has.
  socket.on("error", () => {});
  const closed = once(socket, "close");
  try {
    let text = "";
    if (before !== undefined) {
      socket.write(before);
      await once(socket, "data");
    }
    if (sending.sendsFirst === true) socket.pause();
    socket.on("data", (chunk) => {
      text += chunk;
    });
    const length = chunked ? { "transfer-encoding": "chunked" } : { "content-length": String(bytes) };
    const lines = Object.entries({ host, ...length, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
    const isAnswered = () => text.includes("\r\n\r\n") || socket.destroyed;
    for (let sent = 0; sent < bytes && !isAnswered(); sent += piece.byteLength) {
      const part = piece.subarray(0, Math.min(piece.byteLength, bytes - sent));
      if (chunked) socket.write(`${part.byteLength.toString(16)}\r\n`);
      const isTaken = socket.write(part);
      if (chunked) socket.write("\r\n");
      if (!isTaken) await Promise.race([once(socket, "drain"), once(socket, "data"), closed]);
    }
    if (chunked) socket.write("0\r\n\r\n");
    if (next !== undefined) socket.write(next);
    if (sending.sendsFirst === true) socket.resume();
    await Promise.race([ended(socket), closed]);
    return text;
  } finally {
    socket.destroy();
  }
}

async function ended(socket: Socket): Promise<void> {
  if (!socket.readableEnded) await new Promise<void>((resolve) => socket.once("end", resolve));
}
