import { type Logger, sleep, type Timers } from "@outlayer/kit";
import { KeystoreError } from "../../core/problems.ts";

export interface Verification {
  /** Tries in the background until the verification has passed once. */
  start(): void;
  stop(): Promise<void>;
  /**
   * Resolves once the other side is known to be the keystore that we know. Until then each call tries now; concurrent callers
   * share one attempt.
   * @throws KeystoreError as long as it has not passed
   */
  passed(): Promise<void>;
  /** `unknown` before the first attempt, `away` while none has passed. It does not follow later outages. */
  readonly state: "unknown" | "away" | "ok";
}

const firstPauseMs = 1_000;
const longestPauseMs = 4_000;

/**
 * Verifies a keystore before anything is asked of it: another version could misunderstand a policy question and say yes. Once
 * passed it stays passed; each answer is checked by itself anyway.
 * @param probe throws KeystoreError while the keystore is away or another one
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
