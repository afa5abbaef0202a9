import { constants, type ServerHttp2Session } from "node:http2";
import { type Disposer, jittered, type Ports } from "../ports.ts";
import { portLimits as limits } from "./port-limits.ts";

/** The largest id that a stream can have. A GOAWAY with it lets the client finish every stream that it has begun. */
const lastStreamId = 2 ** 31 - 1;

/**
 * One connection of HTTP/2, which ends when it is idle for a while or has become old. A GOAWAY comes first, on which clients open
 * another connection for new calls, so no call is lost. Strangers' bounds apply until a service has called on it.
 */
export class BoundedSession {
  readonly #session: ServerHttp2Session;
  readonly #timers: Ports["timers"];
  #streams = 0;
  #isOfService = false;
  #leaving = false;
  #cancelIdle: Disposer = () => {};
  #cancelAge: Disposer;

  constructor(session: ServerHttp2Session, { timers, random }: Pick<Ports, "timers" | "random">) {
    this.#session = session;
    this.#timers = timers;
    this.#cancelAge = timers.after(jittered(limits.ageMs, random), () => this.#leave());
    session.on("stream", (stream) => {
      this.#cancelIdle();
      this.#streams += 1;
      stream.once("close", () => {
        this.#streams -= 1;
        this.#waitForStreams();
      });
    });
    session.once("close", () => {
      this.#cancelIdle();
      this.#cancelAge();
    });
    this.#waitForStreams();
  }

  /** A service has called on this connection: from now on services' bounds apply. */
  raise(): void {
    if (this.#isOfService || this.#session.destroyed) return;
    this.#isOfService = true;
    this.#session.settings({ maxConcurrentStreams: limits.serviceStreams });
  }

  #waitForStreams(): void {
    if (this.#streams > 0 || this.#session.destroyed || this.#leaving) return;
    this.#cancelIdle();
    const ms = this.#isOfService ? limits.serviceIdleMs : limits.idleMs;
    this.#cancelIdle = this.#timers.after(ms, () => this.#leave());
  }

  #leave(): void {
    if (this.#leaving || this.#session.destroyed) return;
    this.#leaving = true;
    this.#cancelIdle();
    this.#cancelAge();
    this.#session.goaway(constants.NGHTTP2_NO_ERROR, lastStreamId);
    this.#cancelAge = this.#timers.after(limits.noticeMs, () => {
      if (!this.#session.destroyed) this.#session.close();
      this.#cancelAge = this.#timers.after(limits.ageGraceMs, () => this.#session.destroy());
      // `close` may have ended the session at once, and its "close" event come before this timer was set.
      if (this.#session.destroyed) this.#cancelAge();
    });
  }
}
