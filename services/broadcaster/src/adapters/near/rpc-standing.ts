import type { Clock, Dependency } from "@outlayer/kit";

/**
 * When nothing is answered for so long, milliseconds, this process has no chain. What is shorter is a pause: the one after a
 * failure, or while the next endpoint is tried. The follower asks every `NEAR_POLL_INTERVAL_MS`, so that with that
 * no more than 10 s pass.
 */
const silentMs = 8_000;

/** How the chain's nodes stand, all together, by what comes of calls that one of them may answer. */
export class RpcStanding {
  readonly #clock: Clock;
  #hasAnswered = false;
  #hasFailed = false;
  /** When the first call was made since the last answer. */
  #askedAtMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Required until the first answer, and when there was none for a while. */
  get dependency(): Dependency {
    const isSilent = this.#askedAtMs !== undefined && this.#clock.now() - this.#askedAtMs >= silentMs;
    const known = this.#hasAnswered ? "ok" : "unknown";
    const state = isSilent || this.#hasFailed ? "away" : known;
    return { name: "near_rpc", state, ...(isSilent || !this.#hasAnswered ? { required: true } : {}) };
  }

  asked(): void {
    this.#askedAtMs ??= this.#clock.now();
  }

  /** By an endpoint of ours, in whatever way. */
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
