import { constants, type ServerHttp2Session } from "node:http2";
import { type Disposer, jittered, type Ports } from "../ports.ts";
import { portLimits as limits } from "./port-limits.ts";

/** The largest id that a stream can have: whoever is told it may finish all that he has begun. */
const lastStreamId = 2 ** 31 - 1;

/**
 * One connection of HTTP/2, which ends when it carries nothing for a while or has become old: with a notice first, on which
 * clients take another connection for what is new, and no call is lost. It has the bounds of strangers until a service has
 * called on it.
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

  /** A service has called: it is let have as much as services need. */
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
      // What is left now may have closed it at once.
      if (this.#session.destroyed) this.#cancelAge();
    });
  }
}
