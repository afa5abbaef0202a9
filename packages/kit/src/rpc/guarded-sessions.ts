import { type ClientHttp2Session, type ClientHttp2Stream, constants } from "node:http2";
import { Http2SessionManager } from "@connectrpc/connect-node";
import type { Timers } from "../ports.ts";
import { portLimits as limits } from "./port-limits.ts";

/** Streams in a row without a response, after which a connection is given up. */
const silentStreams = 3;

/**
 * Sessions of a transport that cannot crash the process and are replaced when they stop answering.
 *
 * On GOAWAY over an idle connection, connect-node destroys it with an error that Node emits once the socket is closed. If a
 * call in between has made connect-node remove its listeners, nothing handles that error (connect-es issue 1768).
 *
 * Node counts some bytes of cancelled streams against a connection for good, and then ends every further stream on it with
 * ENHANCE_YOUR_CALM, while pings still pass. A connection on which that happens, or several streams in a row get no response,
 * takes no new streams: connect-node opens another one, and open calls may finish.
 *
 * Retries are decided elsewhere (`patience.ts`).
 */
export class GuardedSessions extends Http2SessionManager {
  /** By connection: streams without a response since the last one that had one. */
  readonly #silent = new WeakMap<ClientHttp2Session, number>();
  readonly #timers: Timers;

  constructor(timers: Timers, ...args: ConstructorParameters<typeof Http2SessionManager>) {
    const [url, pings, options] = args;
    super(url, pings, { maxSessionMemory: limits.sessionMegabytes, ...options });
    this.#timers = timers;
  }

  override async request(...call: Parameters<Http2SessionManager["request"]>) {
    const stream = await super.request(...call);
    const session = stream.session as ClientHttp2Session | undefined;
    if (session !== undefined) this.#guard(session, stream);
    return stream;
  }

  #guard(session: ClientHttp2Session, stream: ClientHttp2Stream): void {
    if (!this.#silent.has(session)) {
      this.#silent.set(session, 0);
      session.on("error", () => {});
    }
    let isAnswered = false;
    stream.once("response", () => {
      isAnswered = true;
      this.#silent.set(session, 0);
    });
    stream.once("close", () => {
      const isRefused = stream.rstCode === constants.NGHTTP2_ENHANCE_YOUR_CALM;
      // Callers that give up reset with CANCEL, which says nothing of the connection; passed deadlines reset with another code.
      if (!isAnswered && stream.rstCode !== constants.NGHTTP2_CANCEL) {
        this.#silent.set(session, (this.#silent.get(session) ?? 0) + 1);
      }
      if (isRefused || (this.#silent.get(session) ?? 0) >= silentStreams) this.#giveUp(session);
    });
  }

  #giveUp(session: ClientHttp2Session): void {
    if (session.closed || session.destroyed) return;
    session.close();
    // Such a connection is not pinged any more, so it gets a time limit.
    const cancel = this.#timers.after(limits.givenUpMs, () => session.destroy());
    session.once("close", cancel);
  }
}
