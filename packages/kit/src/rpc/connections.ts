import type { Server } from "node:http";
import type { Socket } from "node:net";

/**
 * Knows which connections carry a request, so that stopping closes the others at once. Node's own
 * `closeIdleConnections` spares those on which nothing was ever asked, and browsers open such ahead.
 */
export class Connections {
  readonly #requests = new Map<Socket, number>();
  #closing = false;

  attach(server: Server): void {
    server.on("connection", (socket) => {
      this.#requests.set(socket, 0);
      socket.once("close", () => this.#requests.delete(socket));
      if (this.#closing) socket.destroySoon();
    });
    server.on("request", ({ socket }, response) => {
      this.#count(socket, 1);
      response.once("close", () => this.#count(socket, -1));
    });
  }

  /** Closes what carries no request, and everything else once it carries none. */
  closeIdle(): void {
    this.#closing = true;
    for (const [socket, requests] of this.#requests) if (requests === 0) socket.destroySoon();
  }

  #count(socket: Socket, change: 1 | -1): void {
    const before = this.#requests.get(socket);
    if (before === undefined) return;
    this.#requests.set(socket, before + change);
    if (this.#closing && before + change === 0) socket.destroySoon();
  }
}
