import { ConnectError } from "@connectrpc/connect";
import { type Clock, Code, Refusal, unavailable } from "@outlayer/kit";
import { sessionSecs } from "./session-token.ts";

/**
 * Milliseconds for which it is believed that a session was not revoked: after a revocation a token is refused everywhere within this
 * time (rule: revoked-session-is-refused).
 */
export const revocationStaleMs = 5_000;

/** Most sessions that are remembered: a session above is asked about again. */
const mostSessions = 10_000;

export interface RevocationDeps {
  readonly clock: Clock;
  /** Asks evidence. */
  readonly read: (sessionId: string) => Promise<boolean>;
}

interface Known {
  readonly revoked: Promise<boolean>;
  readonly untilMs: number;
}

/** Knows which sessions were revoked. A session costs evidence one read in `revocationStaleMs`, however many calls it makes. */
export class Revocations {
  readonly #deps: RevocationDeps;
  /** By session, in the order in which they were asked about. */
  readonly #known = new Map<string, Known>();

  constructor(deps: RevocationDeps) {
    this.#deps = deps;
  }

  /** @throws Refusal Unavailable where it cannot be told now: that is never taken for "no" */
  isRevoked(sessionId: string): Promise<boolean> {
    const known = this.#known.get(sessionId);
    if (known !== undefined && known.untilMs > this.#deps.clock.now()) return known.revoked;
    const asked = this.#keep(sessionId, this.#ask(sessionId), revocationStaleMs);
    // A failure is not remembered: the next call asks anew.
    asked.revoked.catch(() => {
      if (this.#known.get(sessionId) === asked) this.#known.delete(sessionId);
    });
    return asked.revoked;
  }

  /** Notes a revocation that this process has made or heard of. */
  note(sessionId: string): void {
    // The session's token is older than the note.
    this.#keep(sessionId, Promise.resolve(true), sessionSecs * 1000);
  }

  async #ask(sessionId: string): Promise<boolean> {
    try {
      const revoked = await this.#deps.read(sessionId);
      if (revoked) this.note(sessionId);
      return revoked;
    } catch (error) {
      if (!isAway(error)) throw error;
      throw unavailable("it cannot be told now whether the session was signed out: try again");
    }
  }

  #keep(sessionId: string, revoked: Promise<boolean>, forMs: number): Known {
    this.#known.delete(sessionId);
    const [oldest] = this.#known.keys();
    if (this.#known.size >= mostSessions && oldest !== undefined) this.#known.delete(oldest);
    const known = { revoked, untilMs: this.#deps.clock.now() + forMs };
    this.#known.set(sessionId, known);
    return known;
  }
}

function isAway(error: unknown): boolean {
  const { code } = error instanceof Refusal ? error : ConnectError.from(error);
  return code === Code.Unavailable || code === Code.DeadlineExceeded || code === Code.Canceled;
}
