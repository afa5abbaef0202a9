import { createClient, type Transport } from "@connectrpc/connect";
import { SessionService } from "@outlayer/contracts/outlayer/evidence/v1/session_service";
import type { Clock } from "@outlayer/kit";
import { Revocations } from "./session-revocations.ts";

/** Revocations of sessions, which evidence keeps. */
export function revocationsOf(evidence: Transport, clock: Clock): Revocations {
  const sessions = createClient(SessionService, evidence);
  return new Revocations({ clock, read: async (sessionId) => (await sessions.getSession({ sessionId })).revoked });
}
