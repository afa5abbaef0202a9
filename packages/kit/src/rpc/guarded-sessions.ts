import type { ClientHttp2Session } from "node:http2";
import { Http2SessionManager } from "@connectrpc/connect-node";

/**
 * Connections of a transport, of which none can end the process. Told by an idle connection's other end that it goes away,
 * connect-node destroys it with an error that Node raises once the socket is closed; a call in between has made it take its
 * listeners off, and then nobody hears the error (connect-es issue 1768). What becomes of calls is decided elsewhere.
 */
export class GuardedSessions extends Http2SessionManager {
  readonly #guarded = new WeakSet<ClientHttp2Session>();

  override async request(...call: Parameters<Http2SessionManager["request"]>) {
    const stream = await super.request(...call);
    const { session } = stream;
    if (session !== undefined && !this.#guarded.has(session as ClientHttp2Session)) {
      this.#guarded.add(session as ClientHttp2Session);
      session.on("error", () => {});
    }
    return stream;
  }
}
