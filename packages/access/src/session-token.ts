import { unauthenticated } from "@outlayer/kit";
import { errors, jwtVerify, SignJWT } from "jose";
import type { SessionTerms } from "./session-keys.ts";

/** A session: an account that proved one of its keys. */
export interface Session {
  readonly id: string;
  readonly accountId: string;
  /** Seconds since the epoch. */
  readonly expiresAtSecs: number;
}

const issuer = "outlayer-wallet-coordinator";
/** The only signatures that are accepted; `none` and those by shared secrets are not among them. */
const algorithms = ["EdDSA", "Ed25519"];
/** Seconds that a session lasts. */
const sessionSecs = 900;
/** Characters of a token: what is longer is not decoded. */
const mostChars = 2_048;

/** Three parts in base64url: how a session's token differs from an API key. */
export const tokenPattern = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** @param nowMs milliseconds since the epoch */
export async function issueSession(
  { keys, audience }: SessionTerms,
  { id, accountId }: Pick<Session, "id" | "accountId">,
  nowMs: number,
): Promise<Session & { readonly token: string }> {
  const [key] = keys;
  if (key === undefined) throw new Error("there is no key to sign sessions");
  const issuedAt = Math.floor(nowMs / 1000);
  const expiresAtSecs = issuedAt + sessionSecs;
  const token = await new SignJWT({ sid: id })
    .setProtectedHeader({ alg: "EdDSA", kid: key.jwk.kid, typ: "JWT" })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(accountId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(expiresAtSecs)
    .sign(key.privateKey);
  return { id, accountId, expiresAtSecs, token };
}

const about = { reason: "SESSION_INVALID" };

/**
 * Checks signature, issuer, audience and age of a token. Nothing revokes one before it expires.
 * @throws Refusal Unauthenticated
 */
export async function verifySession({ keys, audience }: SessionTerms, token: string, nowMs: number): Promise<Session> {
  const notValid = () => unauthenticated("the session token is not valid: sign in again", about);
  if (token.length > mostChars) throw notValid();
  try {
    const { payload } = await jwtVerify(
      token,
      ({ kid }) => {
        const key = keys.find(({ jwk }) => jwk.kid === kid);
        if (key === undefined) throw notValid();
        return key.publicKey;
      },
      {
        algorithms,
        issuer,
        audience,
        typ: "JWT",
        requiredClaims: ["sub", "sid", "iat", "exp"],
        maxTokenAge: sessionSecs,
        currentDate: new Date(nowMs),
      },
    );
    const { sid, sub, exp } = payload;
    if (typeof sid !== "string" || typeof sub !== "string" || exp === undefined) throw notValid();
    return { id: sid, accountId: sub, expiresAtSecs: exp };
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw unauthenticated("the session has expired: sign in again", about);
    if (error instanceof errors.JWTClaimValidationFailed && error.claim === "aud")
      throw unauthenticated("the session token is for another audience: sign in here", about);
    throw notValid();
  }
}
