import { type ClientHttp2Session, type ClientHttp2Stream, constants } from "node:http2";
import { Http2SessionManager } from "@connectrpc/connect-node";
import type { Timers } from "../ports.ts";
import { portLimits as limits } from "./port-limits.ts";

/** Streams in a row without a response, after which a connection is given up. */
const silentStreams = 3;

/**
 * Connections of a transport, of which none can end the process or keep calls from being answered.
 *
 * Told by an idle connection's other end that it goes away, connect-node destroys it with an error that Node raises once
 * the socket is closed; a call in between has made it take its listeners off, and then nobody hears the error (connect-es
 * issue 1768).
 *
 * Node counts some bytes of cancelled streams against a connection for good, and then ends every further stream on it with
 * ENHANCE_YOUR_CALM, while pings still pass. A connection on which that happens, or streams in a row get no response, takes
 * no new streams: connect-node opens another one for them, and calls that are open may finish.
 *
 * What becomes of calls is decided elsewhere.
 */
export class GuardedSessions extends Http2SessionManager {
  /** Streams without a response since the last one that had one, by connection. */
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
      // Callers that give up cancel; a deadline that has passed ends a stream with another code.
      if (!isAnswered && stream.rstCode !== constants.NGHTTP2_CANCEL) {
        this.#silent.set(session, (this.#silent.get(session) ?? 0) + 1);
      }
      if (isRefused || (this.#silent.get(session) ?? 0) >= silentStreams) this.#giveUp(session);
    });
  }

  #giveUp(session: ClientHttp2Session): void {
    if (session.closed || session.destroyed) return;
    session.close();
    // Nobody pings it any more.
    const cancel = this.#timers.after(limits.givenUpMs, () => session.destroy());
    session.once("close", cancel);
  }
}
