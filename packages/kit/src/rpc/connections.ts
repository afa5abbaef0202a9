import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Disposer, Timers } from "../ports.ts";
import { dropAlso, isEnding, isLingering, lastWhereEarly, linger, makeLast } from "./last-answer.ts";
import type { PortLimits } from "./port-limits.ts";

/** Error code of a connection beyond the bound while all others carry requests. */
export const tooManyConnections = "ERR_TOO_MANY_CONNECTIONS";

/** The whole response to a connection that does not speak HTTP, is too slow, or is beyond the bound; the connection is closed after it. */
export type RefusalOf = (error: Error & { readonly code?: string }) => string;

interface Connection {
  /** Unanswered requests, in their order. */
  readonly underWay: Set<ServerResponse>;
  asked: number;
  /** Whether the next request is the last that is taken. */
  isOld: boolean;
  /** The answer to bytes that are not HTTP, sent after the answers to earlier requests. */
  refusal: string | undefined;
}

/** Keeps a listener's HTTP/1.1 connections within their bounds, and knows which of them carry a request. */
export class Connections {
  readonly #timers: Timers;
  readonly #limits: PortLimits;
  /** The longest without a request first. */
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
    // A client that reads nothing of its answer is cut off. One that still waits for its answer stays, and is checked again afterwards.
    server.timeout = this.#limits.quietMs;
    server.on("timeout", (socket) => {
      const waits = (this.#open.get(socket)?.underWay.size ?? 0) > 0 && socket.writableLength === 0;
      if (!waits) socket.destroy();
    });
  }

  /** @returns false for a request that must not be handled, because the one before it was the last */
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
   * Closes connections without a request now, and the others once they have none. Node's own `closeIdleConnections` spares
   * connections that never carried a request, and browsers open such in advance.
   */
  closeIdle(): void {
    this.#closing = true;
    for (const [socket, connection] of this.#open) this.#settle(socket, connection);
  }

  /** Answers a connection beyond the bound, and reads nothing of its requests. */
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

  /** Closes the connection that has been without a request longest; one that never carried a request goes first. */
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
    // A client that went away is not worth an answer.
    if (error.code === "ECONNRESET" || connection === undefined) socket.destroy();
    else if (isLingering(socket)) dropAlso(socket);
    else if (!socket.writable) socket.destroy();
    else {
      connection.refusal = refusalOf(error);
      this.#settle(socket, connection);
    }
  }

  /** Once no request is in the way: writes a pending refusal, closes, or counts the connection as idle from now on. */
  #settle(socket: Socket, connection: Connection): void {
    const { underWay, refusal } = connection;
    if (refusal !== undefined && !isLingering(socket)) {
      // A request whose body broke off gets this refusal; complete ones get answers of their own first.
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
