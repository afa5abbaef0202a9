import type { JsonObject } from "@bufbuild/protobuf";
import type {
  CreateChallengeResponse,
  ListSessionKeysResponse,
  SignInResponse,
  SignOutResponse,
} from "@outlayer/contracts/outlayer/planner/v1/sign_in_service";
import { transactionJson } from "./account-json.ts";
import { check, formatProblem } from "./first-problem.ts";
import { invalidJson } from "./invalid-request.ts";
import { challengeRequestSchema, signInRequestSchema } from "./session-schemas.ts";

/**
 * Reads for whom a challenge is.
 * @param document as `readJsonObject` answers it
 * @throws InvalidRequest
 */
export function readChallengeDocument(document: JsonObject): {
  readonly accountId: string;
  /** Undefined: the operator's. */
  readonly audience: string | undefined;
} {
  const checked = check(challengeRequestSchema.strip(), document);
  if ("problem" in checked) throw invalidJson(formatProblem(checked.problem), checked.problem.place);
  return { accountId: checked.value.account_id, audience: checked.value.audience };
}

/**
 * Reads a signed challenge, and nothing of what is in it.
 * @param document as `readJsonObject` answers it
 * @throws InvalidRequest
 */
export function readSignInDocument(document: JsonObject): { readonly accountId: string; readonly signed: JsonObject } {
  const checked = check(signInRequestSchema.strip(), document);
  if ("problem" in checked) throw invalidJson(formatProblem(checked.problem), checked.problem.place);
  return { accountId: checked.value.account_id, signed: checked.value.signed };
}

/** A challenge, as REST answers it. `challengeSchema` describes it. */
export function challengeJson(challenge: CreateChallengeResponse): JsonObject {
  return {
    account_id: challenge.accountId,
    message: challenge.message,
    nonce: Buffer.from(challenge.nonce).toString("base64"),
    recipient: challenge.recipient,
    text: challenge.text,
    expires_at: timeOf(challenge.expiresAtMs),
  };
}

/** A session, as REST answers it. `sessionSchema` describes it. */
export function sessionJson(session: SignInResponse): JsonObject {
  return {
    token: session.token,
    token_type: "Bearer",
    expires_at: timeOf(session.expiresAtMs),
    session_id: session.sessionId,
    wallet_id: session.walletId,
    account_id: session.accountId,
    public_key: session.publicKey,
    registered: session.registered,
    registration: transactionJson(session.registration),
  };
}

/** A revoked session, as REST answers it. `signedOutSchema` describes it. */
export function signedOutJson({ sessionId }: SignOutResponse): JsonObject {
  return { session_id: sessionId };
}

/** Keys of sessions, as REST answers them. `sessionKeysSchema` describes them. */
export function sessionKeysJson({ keys }: ListSessionKeysResponse): JsonObject {
  return { keys: keys.map(({ kty, crv, x, kid, use, alg }) => ({ kty, crv, x, kid, use, alg })) };
}

function timeOf(ms: bigint): string {
  return new Date(Number(ms)).toISOString();
}
