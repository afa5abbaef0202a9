import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { SessionService } from "@outlayer/contracts/outlayer/evidence/v1/session_service";
import { unavailable } from "@outlayer/kit";
import type { RevokeSession, UseChallenge } from "../core/ports.ts";
import { isAway } from "./is-away.ts";

/** What evidence knows of sessions. */
export function sessionMarks(evidence: Transport): {
  readonly useChallenge: UseChallenge;
  readonly revokeSession: RevokeSession;
} {
  const sessions = createClient(SessionService, evidence);
  return {
    async useChallenge({ nonce, sessionId, expiresAtMs, nearAccountId }, signal) {
      const account = nearAccountId === undefined ? {} : { nearAccountId };
      try {
        await sessions.useChallenge({ nonce, sessionId, expiresAtMs: BigInt(expiresAtMs), ...account }, { signal });
        return true;
      } catch (error) {
        if (ConnectError.from(error).code === Code.AlreadyExists) return false;
        // Whether the challenge is used up is unknown, so another one is needed.
        if (isAway(error)) throw unavailable("the session could not begin: ask for another challenge");
        throw error;
      }
    },
    async revokeSession(sessionId, signal) {
      try {
        await sessions.revokeSession({ sessionId }, { signal });
      } catch (error) {
        if (isAway(error)) throw unavailable("the session may not have been signed out: ask again");
        throw error;
      }
    },
  };
}
