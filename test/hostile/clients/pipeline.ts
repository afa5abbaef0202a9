import { connect, type Socket } from "node:net";
import { lossOf } from "./http1.ts";

export interface PipelinedAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
}

/**
 * Sends requests on one connection of HTTP/1.1, one behind the other without waiting, as the cheapest flood does.
 * @param requests whole requests, as they go over the wire
 * @param heard gets every answer in turn
 * @returns how many were not answered before the connection ended, and how it did
 */
export function pipeline(
  { host, port }: { readonly host: string; readonly port: number },
  requests: readonly string[],
  heard: (answer: PipelinedAnswer) => void,
  timeoutMs = 20_000,
): Promise<{ readonly unanswered: number; readonly loss: string }> {
  return new Promise((resolve) => {
    const socket: Socket = connect({ host, port });
    const answers = new AnswerReader((answer) => {
      left -= 1;
      heard(answer);
    });
    let left = requests.length;
    let loss = "closed";
    const timer = setTimeout(() => {
      loss = "timeout";
      socket.destroy();
    }, timeoutMs);
    socket.on("connect", () => socket.write(requests.join("")));
    socket.on("data", (chunk) => {
      answers.read(chunk.toString("latin1"));
      if (left === 0) socket.destroy();
    });
    socket.on("error", (error) => {
      loss = lossOf(error);
    });
    socket.on("close", () => {
      clearTimeout(timer);
      resolve({ unanswered: left, loss });
    });
  });
}

/** Finds the ends of answers in what arrives. Bodies are dropped. */
class AnswerReader {
  #pending = "";
  #skip = 0;
  readonly #heard: (answer: PipelinedAnswer) => void;

  constructor(heard: (answer: PipelinedAnswer) => void) {
    this.#heard = heard;
  }

  read(text: string): void {
    this.#pending += text;
    for (;;) {
      if (this.#skip > 0) {
        const dropped = Math.min(this.#skip, this.#pending.length);
        this.#pending = this.#pending.slice(dropped);
        this.#skip -= dropped;
        if (this.#skip > 0) return;
      }
      const end = this.#pending.indexOf("\r\n\r\n");
      if (end === -1) return;
      const head = this.#pending.slice(0, end);
      const rest = this.#pending.slice(end + 4);
      const length = /^content-length: *(\d+)/im.exec(head)?.[1];
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
      if (length === undefined && /^transfer-encoding: *chunked/im.test(head)) {
        const last = rest.indexOf("0\r\n\r\n");
        if (last === -1) return;
        this.#pending = rest.slice(last + 5);
      } else {
        this.#pending = rest;
        this.#skip = Number(length ?? 0);
      }
      if (status >= 200) this.#heard({ status, retryAfter: /^retry-after: *(\S+)/im.exec(head)?.[1] });
    }
  }
}
