import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Disposer, Timers } from "../ports.ts";
import { dropAlso, isEnding, isLingering, lastWhereEarly, linger, makeLast } from "./last-answer.ts";
import type { PortLimits } from "./port-limits.ts";

/** Of a connection that is one too many while all others carry requests. */
export const tooManyConnections = "ERR_TOO_MANY_CONNECTIONS";

/** What is answered to a connection that does not speak HTTP, or too slowly, or is one too many: a whole response, after which it is closed. */
export type RefusalOf = (error: Error & { readonly code?: string }) => string;

interface Connection {
  /** Requests that are not answered yet, in their order. */
  readonly underWay: Set<ServerResponse>;
  asked: number;
  /** Whether the next request is its last. */
  isOld: boolean;
  /** What to answer where its bytes are no HTTP any more, after what was asked before. */
  refusal: string | undefined;
}

/** Keeps the connections of a listener of HTTP/1.1 within their bounds, and knows which of them carry a request. */
export class Connections {
  readonly #timers: Timers;
  readonly #limits: PortLimits;
  /** Those without a request since the longest time first. */
  readonly #open = new Map<Socket, Connection>();
  /** Connections beyond the bound whose refusal is on its way. */
  #turnedAway = 0;
  #closing = false;

  constructor(timers: Timers, limits: PortLimits) {
    this.#timers = timers;
    this.#limits = limits;
  }

  attach(server: Server, refusalOf: RefusalOf): void {
    server.on("connection", (socket) => {
      if (this.#hasRoom()) this.#add(socket);
      else this.#turnAway(socket, refusalOf);
    });
    server.on("clientError", (error, socket) => this.#refuse(socket as Socket, error, refusalOf));
    // A client that takes nothing of an answer goes; one whose answer is not there yet stays, and is looked at again once it is.
    server.timeout = this.#limits.quietMs;
    server.on("timeout", (socket) => {
      const waits = (this.#open.get(socket)?.underWay.size ?? 0) > 0 && socket.writableLength === 0;
      if (!waits) socket.destroy();
    });
  }

  /** @returns false where a request is not to be looked at, because the one before it was the last */
  takes(request: IncomingMessage, response: ServerResponse): boolean {
    const { socket } = request;
    if (isEnding(socket)) return false;
    lastWhereEarly(request, response, this.#timers);
    const connection = this.#open.get(socket);
    if (connection === undefined) return true;
    connection.underWay.add(response);
    connection.asked += 1;
    if (connection.isOld || connection.asked >= this.#limits.requests) makeLast(request, response, this.#timers);
    response.once("close", () => {
      connection.underWay.delete(response);
      this.#settle(socket, connection);
    });
    return true;
  }

  /**
   * Closes what carries no request, and everything else once it carries none. Node's own `closeIdleConnections` spares
   * those on which nothing was ever asked, and browsers open such ahead.
   */
  closeIdle(): void {
    this.#closing = true;
    for (const [socket, connection] of this.#open) this.#settle(socket, connection);
  }

  /** Answers a connection that is one too many, and looks at nothing that it asks. */
  #turnAway(socket: Socket, refusalOf: RefusalOf): void {
    if (this.#turnedAway >= this.#limits.turnedAway) {
      socket.destroy();
      return;
    }
    this.#turnedAway += 1;
    socket.once("close", () => {
      this.#turnedAway -= 1;
    });
    const error = Object.assign(new Error("too many connections"), { code: tooManyConnections });
    socket.write(refusalOf(error));
    linger(socket, this.#timers);
  }

  #hasRoom(): boolean {
    return this.#open.size < this.#limits.connections || this.#makeRoom();
  }

  #add(socket: Socket): void {
    const connection: Connection = { underWay: new Set(), asked: 0, isOld: false, refusal: undefined };
    this.#open.set(socket, connection);
    const cancel: Disposer = this.#timers.after(this.#limits.ageMs, () => {
      connection.isOld = true;
    });
    socket.once("close", () => {
      cancel();
      this.#open.delete(socket);
    });
    this.#settle(socket, connection);
  }

  /** Closes the connection that has been without a request longest, one on which nothing was ever asked before others. */
  #makeRoom(): boolean {
    let longest: Socket | undefined;
    for (const [socket, { underWay, asked }] of this.#open) {
      if (underWay.size > 0) continue;
      longest ??= socket;
      if (asked > 0) continue;
      longest = socket;
      break;
    }
    if (longest === undefined) return false;
    this.#open.delete(longest);
    longest.destroy();
    return true;
  }

  #refuse(socket: Socket, error: Error & { readonly code?: string }, refusalOf: RefusalOf): void {
    const connection = this.#open.get(socket);
    // A client that went away is no news.
    if (error.code === "ECONNRESET" || connection === undefined) socket.destroy();
    else if (isLingering(socket)) dropAlso(socket);
    else if (!socket.writable) socket.destroy();
    else {
      connection.refusal = refusalOf(error);
      this.#settle(socket, connection);
    }
  }

  /** Does what waits for a connection's requests to be answered. */
  #settle(socket: Socket, connection: Connection): void {
    const { underWay, refusal } = connection;
    if (refusal !== undefined && !isLingering(socket)) {
      // A request whose body broke off is answered with this; others have an answer of their own to come.
      if ([...underWay].some(({ req, headersSent }) => req.complete || headersSent)) return;
      socket.write(refusal);
      connection.refusal = undefined;
      linger(socket, this.#timers);
      return;
    }
    if (underWay.size > 0) return;
    if (this.#closing) socket.destroySoon();
    else if (this.#open.delete(socket)) this.#open.set(socket, connection);
  }
}
