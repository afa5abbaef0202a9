import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Sends bytes on a connection of their own and answers what comes back until it is closed. */
export async function sendRaw(url: string, bytes: string): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  socket.write(bytes, "latin1");
  return parseRaw(await text(socket));
}

export function parseRaw(raw: string): RawAnswer {
  const [head = "", body = ""] = raw.split("\r\n\r\n");
  const [line = "", ...lines] = head.split("\r\n");
  const headers = new Headers(lines.map((one) => one.split(": ", 2) as [string, string]));
  return { status: Number(line.split(" ")[1]), headers, body };
}
