import { type Logger, sleep, type Timers } from "@outlayer/kit";
import { KeystoreError } from "../../core/problems.ts";

export interface Verification {
  /** Goes on in the background until it has passed once. */
  start(): void;
  stop(): Promise<void>;
  /**
   * Resolves once the other side is known to be the keystore that we know. Where that is not known yet it is found out
   * now, together with everybody else who asks.
   * @throws KeystoreError for as long as it has not passed
   */
  passed(): Promise<void>;
  /** `unknown` before the first answer, `away` while it has not passed. What comes after that is not looked at here. */
  readonly state: "unknown" | "away" | "ok";
}

const firstPauseMs = 1_000;
const longestPauseMs = 4_000;

/**
 * Nothing is asked of a keystore before it has been verified: another version could take our policy question, not
 * understand it, and say yes. Once passed it stays so; each answer is checked on its own anyway.
 * @param probe throws KeystoreError while it is away or another one
 */
export function keystoreVerification(
  probe: (signal: AbortSignal) => Promise<void>,
  { timers, logger }: { readonly timers: Timers; readonly logger: Logger },
): Verification {
  const stopping = new AbortController();
  let verified = false;
  let underWay: Promise<void> | undefined;
  let running: Promise<void> = Promise.resolve();
  let lastSaid = "";

  const report = (error: unknown) => {
    const problem = error instanceof KeystoreError ? error.problem : undefined;
    const text = error instanceof Error ? error.message : String(error);
    // Once per change, not once per attempt.
    if (text === lastSaid) return;
    lastSaid = text;
    if (problem?.kind === "unavailable") logger.warn({ problem }, "keystore not verified yet: it is away or not ready");
    else if (problem?.kind === "wrong_keystore") {
      logger.error({ problem }, "wrong keystore behind KEYSTORE_URL: nothing will be signed");
    } else logger.error({ problem: problem ?? text }, "keystore not verified: it refuses");
  };
  const attempt = async () => {
    try {
      await probe(stopping.signal);
      verified = true;
      logger.info("keystore verified");
    } catch (error) {
      if (stopping.signal.aborted) throw new KeystoreError({ kind: "unavailable", detail: "this service is stopping" });
      report(error);
      throw error;
    } finally {
      underWay = undefined;
    }
  };
  const join = () => {
    underWay ??= attempt();
    return underWay;
  };
  const run = async () => {
    for (let pauseMs = firstPauseMs; !stopping.signal.aborted; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      await join().catch(() => undefined);
      if (verified) return;
      await sleep(timers, pauseMs, stopping.signal);
    }
  };
  return {
    get state() {
      if (verified) return "ok";
      return lastSaid === "" ? "unknown" : "away";
    },
    start() {
      running = run();
    },
    async stop() {
      stopping.abort();
      await running;
    },
    async passed() {
      if (!verified) await join();
    },
  };
}
