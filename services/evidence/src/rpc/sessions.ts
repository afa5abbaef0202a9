import { type Revocations, sessionSecs } from "@outlayer/access";
import type {
  GetSessionRequest,
  ListSignedInRequest,
  RevokeSessionRequest,
  UseChallengeRequest,
} from "@outlayer/contracts/outlayer/evidence/v1/session_service";
import { Code, Refusal } from "@outlayer/kit";
import { type EvidenceStore, signedInKeptMs } from "../core/store.ts";

export interface SessionDeps {
  readonly store: Pick<EvidenceStore, "setMark" | "hasMark" | "noteSignIn" | "listSignedIn">;
  readonly revocations: Pick<Revocations, "note">;
  readonly now: () => number;
}

/** Milliseconds that a mark outlives what it is about: clocks of processes that are so far apart agree all the same. */
const clockSkewMs = 600_000;

/**
 * Uses a challenge up (rule: challenge-is-used-once). The account is noted first: a session that begins has its account's keys
 * watched, and a note that fails leaves the challenge to be used again.
 * @throws Refusal AlreadyExists
 */
export async function useChallenge(
  { store, now }: SessionDeps,
  { nonce, sessionId, expiresAtMs, nearAccountId }: UseChallengeRequest,
) {
  const name = `challenge:${Buffer.from(nonce).toString("base64")}`;
  const mark = { name, sessionId, expiresAtMs: Number(expiresAtMs) + clockSkewMs };
  if (nearAccountId !== undefined) await store.noteSignIn(nearAccountId, now());
  if (!(await store.setMark(mark, now()))) {
    throw new Refusal(Code.AlreadyExists, "the challenge was used before", { reason: "CHALLENGE_USED" });
  }
  return {};
}

/** Revokes a session (rule: revoked-session-is-refused). */
export async function revokeSession({ store, revocations, now }: SessionDeps, { sessionId }: RevokeSessionRequest) {
  await store.setMark(
    { name: markOf(sessionId), sessionId, expiresAtMs: now() + sessionSecs * 1000 + clockSkewMs },
    now(),
  );
  revocations.note(sessionId);
  return {};
}

/** Reads whether a session was revoked. */
export async function getSession({ store }: Pick<SessionDeps, "store">, { sessionId }: GetSessionRequest) {
  return { revoked: await isRevoked(store, sessionId) };
}

/** Lists accounts of NEAR that signed in lately. */
export async function listSignedIn({ store, now }: SessionDeps, { limit }: ListSignedInRequest) {
  return { accountIds: [...(await store.listSignedIn(now() - signedInKeptMs, limit))] };
}

export function isRevoked(store: Pick<EvidenceStore, "hasMark">, sessionId: string): Promise<boolean> {
  return store.hasMark(markOf(sessionId));
}

/** A session has one name, in whichever case its id is given. */
function markOf(sessionId: string): string {
  return `revoked:${sessionId.toLowerCase()}`;
}
