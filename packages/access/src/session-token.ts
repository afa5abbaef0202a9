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
export const sessionSecs = 900;
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

export const sessionInvalid = (message: string) => unauthenticated(message, { reason: "SESSION_INVALID" });

/**
 * Checks signature, issuer, audience and age of a token, and not whether its session was revoked.
 * @throws Refusal Unauthenticated
 */
export async function verifySession({ keys, audience }: SessionTerms, token: string, nowMs: number): Promise<Session> {
  const notValid = () => sessionInvalid("the session token is not valid: sign in again");
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
    if (error instanceof errors.JWTExpired) throw sessionInvalid("the session has expired: sign in again");
    if (error instanceof errors.JWTClaimValidationFailed && error.claim === "aud")
      throw sessionInvalid("the session token is for another audience: sign in here");
    throw notValid();
  }
}
