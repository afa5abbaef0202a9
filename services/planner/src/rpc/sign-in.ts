import type { JsonObject } from "@bufbuild/protobuf";
import {
  challengeRandomLength,
  findChallenge,
  issueSession,
  makeChallenge,
  type Revocations,
  type SessionTerms,
  sessionWalletId,
  type WalletCaller,
} from "@outlayer/access";
import {
  type CreateChallengeRequest,
  type SignedChallenge,
  SignedChallengeSchema,
  type SignInRequest,
} from "@outlayer/contracts/outlayer/planner/v1/sign_in_service";
import {
  type Clock,
  denied,
  type Ids,
  invalid,
  notFound,
  type Random,
  unauthenticated,
  unavailable,
} from "@outlayer/kit";
import { signingKeyOfPayload } from "@outlayer/near";
import { readChallengeDocument, readSignInDocument } from "@outlayer/workflow";
import { accountOf, type KeyTerms } from "../core/account.ts";
import type { ReadAccount, RevokeSession, UseChallenge } from "../core/ports.ts";
import { mayLoseKeys, misfitOf, nonceOf, readSignedContent, refusalOfKey, withWireSignature } from "../core/sign-in.ts";
import { requireAccountId } from "./accounts.ts";
import { documentOfMessage, documentOfText, reading } from "./document.ts";

export interface SignInDeps {
  /** Undefined where nobody can sign in. */
  readonly sessions: SessionTerms | undefined;
  readonly keyTerms: KeyTerms;
  readonly readAccount: ReadAccount;
  readonly useChallenge: UseChallenge;
  readonly revokeSession: RevokeSession;
  readonly revocations: Pick<Revocations, "note">;
  readonly ports: { readonly clock: Clock; readonly ids: Ids; readonly random: Random };
}

/** UTF-8 bytes of a stranger's body, as over REST. */
const maxBytes = 16 * 1024;

/** Makes a challenge for an account to sign. */
export function createChallenge({ sessions, ports }: SignInDeps, { body }: CreateChallengeRequest) {
  const terms = required(sessions);
  const { accountId, audience = terms.audience } = challengeRequestOf(body);
  requireAccountId(accountId);
  if (audience !== terms.audience) {
    throw invalid(`sessions of this service are for ${terms.audience}, and for no other audience`, {
      reason: "FOREIGN_AUDIENCE",
      field: "audience",
    });
  }
  const random = ports.random.bytes(challengeRandomLength);
  const { expiresAtMs, ...challenge } = makeChallenge(terms, accountId, random, ports.clock.now());
  return { ...challenge, expiresAtMs: BigInt(expiresAtMs) };
}

/**
 * Begins a session for a signed challenge. What costs nothing is checked first; the challenge is used up last, so that whatever is
 * refused before can be repeated.
 */
async function signIn(deps: SignInDeps, { body }: SignInRequest, signal: AbortSignal) {
  const terms = required(deps.sessions);
  const { clock, ids } = deps.ports;
  const { accountId, signed } = signInOf(body);
  requireAccountId(accountId);
  const content = readSignedContent(signed);
  if ("said" in content) {
    throw invalid(content.said, { reason: "INVALID_SIGNED_PAYLOAD", field: content.place });
  }
  if (content.kind === "nep413" && content.recipient !== terms.audience) {
    throw refused(`the message is signed for another recipient: sign the challenge of ${terms.audience}`);
  }
  const nonce = nonceOf(content);
  const challenge = nonce === undefined ? "unknown" : findChallenge(terms, accountId, nonce, clock.now());
  if (challenge === "unknown") throw refused(`the nonce is of no challenge for ${accountId}: ask for a challenge`);
  if (challenge === "expired") throw refused("the challenge has expired: ask for another one");
  const misfit = misfitOf(content, challenge);
  if (misfit !== undefined) throw refused(misfit);
  const publicKey = signingKeyOfPayload(withWireSignature(signed));
  if (publicKey === undefined) {
    throw refused("the signature is not valid for what was signed: sign the challenge as it was given");
  }
  const asked = { accountId, publicKey, tokenIds: [] };
  const facts = await deps.readAccount(asked, signal);
  const refusal = refusalOfKey(accountId, publicKey, facts);
  if (refusal !== undefined) throw refused(refusal);
  const id = ids.uuid();
  const { nonce: used, expiresAtMs } = challenge;
  const nearAccountId = mayLoseKeys(accountId, facts) ? accountId : undefined;
  if (!(await deps.useChallenge({ nonce: used, sessionId: id, expiresAtMs, nearAccountId }, signal))) {
    throw refused("the challenge was used before: ask for another one");
  }
  const { token, expiresAtSecs } = await issueSession(terms, { id, accountId }, clock.now());
  const { registration } = accountOf(deps.keyTerms, asked, facts);
  return {
    token,
    expiresAtMs: BigInt(expiresAtSecs) * 1000n,
    sessionId: id,
    walletId: sessionWalletId(accountId),
    accountId,
    publicKey,
    registered: facts.keyRegistered === true,
    ...(registration === undefined ? {} : { registration }),
  };
}

/** Sign-ins that a process makes at once: each costs reads of the chain, and anybody may ask. */
const mostAtOnce = 16;

/** Like `signIn`, and refuses what is too much at once. */
export function boundedSignIn(
  deps: SignInDeps,
): (request: SignInRequest, signal: AbortSignal) => ReturnType<typeof signIn> {
  let underWay = 0;
  return async (request, signal) => {
    if (underWay >= mostAtOnce) throw unavailable("too many are signing in at once: try again");
    underWay += 1;
    try {
      return await signIn(deps, request, signal);
    } finally {
      underWay -= 1;
    }
  };
}

/** Revokes the calling session. */
export async function signOut(
  { sessions, revokeSession, revocations }: SignInDeps,
  { sessionId }: WalletCaller,
  signal: AbortSignal,
) {
  required(sessions);
  if (sessionId === undefined) {
    throw denied("only a session can be signed out: send its token", { reason: "NOT_A_SESSION" });
  }
  await revokeSession(sessionId, signal);
  revocations.note(sessionId);
  return { sessionId };
}

/** Lists the keys under which tokens are accepted. */
export function listSessionKeys({ sessions }: Pick<SignInDeps, "sessions">) {
  return { keys: required(sessions).keys.map(({ jwk }) => jwk) };
}

function challengeRequestOf(body: CreateChallengeRequest["body"]) {
  switch (body.case) {
    case "challenge":
      return body.value;
    case "challengeJson":
      return reading(() => readChallengeDocument(documentOfText(body.value, maxBytes)));
    case undefined:
      throw invalid("a challenge is required");
  }
}

function signInOf(body: SignInRequest["body"]) {
  switch (body.case) {
    case "signedChallenge":
      return reading(() => readSignInDocument(documentOfSigned(body.value)));
    case "signedChallengeJson":
      return reading(() => readSignInDocument(documentOfText(body.value, maxBytes)));
    case undefined:
      throw invalid("a signed challenge is required");
  }
}

function documentOfSigned(message: SignedChallenge): JsonObject {
  return documentOfMessage(SignedChallengeSchema, message, undefined, maxBytes);
}

function required(sessions: SessionTerms | undefined): SessionTerms {
  if (sessions === undefined) throw notFound("nobody can sign in here", { reason: "SIGN_IN_OFF" });
  return sessions;
}

function refused(message: string) {
  return unauthenticated(message, { reason: "SIGN_IN_REFUSED" });
}
