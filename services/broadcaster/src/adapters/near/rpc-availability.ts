import type { Clock, Dependency } from "@outlayer/kit";

/**
 * Milliseconds without any answer after which the chain counts as away. Shorter silences are pauses: after a failure, or while the
 * next endpoint is tried. The follower asks every `NEAR_POLL_INTERVAL_MS`, so that with that no more than 10 s pass.
 */
const silentMs = 8_000;

/** The state of all RPC endpoints together, judged by the outcomes of calls that any of them may answer. */
export class RpcAvailability {
  readonly #clock: Clock;
  #hasAnswered = false;
  #hasFailed = false;
  /** Time of the first call since the last answer. */
  #askedAtMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Required until the first answer, and after a silence. */
  get dependency(): Dependency {
    const isSilent = this.#askedAtMs !== undefined && this.#clock.now() - this.#askedAtMs >= silentMs;
    const known = this.#hasAnswered ? "ok" : "unknown";
    const state = isSilent || this.#hasFailed ? "away" : known;
    return { name: "near_rpc", state, ...(isSilent || !this.#hasAnswered ? { required: true } : {}) };
  }

  asked(): void {
    this.#askedAtMs ??= this.#clock.now();
  }

  /** An endpoint answered, be it with an error. */
  answered(): void {
    this.#hasAnswered = true;
    this.#hasFailed = false;
    this.#askedAtMs = undefined;
  }

  /** No endpoint has answered. */
  failed(): void {
    this.#hasFailed = true;
  }
}
