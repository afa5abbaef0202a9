import assert from "node:assert/strict";
import {
  authenticateCaller,
  authenticateWallet,
  issueSession,
  sessionKey,
  vouchedCaller,
  vouchingHeaders,
  walletApiKeys,
} from "@outlayer/access";
import { Malformed, Refusal } from "@outlayer/kit";
import { SignJWT, UnsecuredJWT } from "jose";

const [first, second, foreign] = [1, 2, 3].map((seed) => sessionKey(new Uint8Array(32).fill(seed)));
assert(first && second && foreign);
const terms = { keys: [first, second], audience: "wallet.example" };
const credentials = { internalTokens: ["token-a"], apiKeys: new Map<string, string>(), sessions: terms };
const now = 1_700_000_000_000;
const session = { id: "0198c0de-0000-7000-8000-000000000001", accountId: "alice.near" };

const revoked = new Set<string>();
const enter = async (token: string, nowMs = now, given: Parameters<typeof authenticateWallet>[1] = credentials) =>
  authenticateWallet(new Headers({ authorization: `Bearer ${token}` }), given, {
    clock: { now: () => nowMs },
    revocations: { isRevoked: async (sessionId) => revoked.has(sessionId) },
  });
const refused = async (token: string, message: string, nowMs = now) =>
  assert.rejects(enter(token, nowMs), (error) => error instanceof Refusal && error.message === message);
const notValid = "the session token is not valid: sign in again";

/** A token with all that is right but for what differs. */
const forged = (differs: { alg?: string; kid?: string; iss?: string; aud?: string; sub?: string }, key: unknown) =>
  new SignJWT({ sid: session.id, sub: differs.sub ?? session.accountId })
    .setProtectedHeader({ alg: differs.alg ?? "EdDSA", kid: differs.kid ?? first.jwk.kid, typ: "JWT" })
    .setIssuer(differs.iss ?? "outlayer-wallet-coordinator")
    .setAudience(differs.aud ?? terms.audience)
    .setIssuedAt(now / 1000)
    .setExpirationTime(now / 1000 + 900)
    .sign(key as Uint8Array);

describe("a session's token", () => {
  it("is taken for a wallet of the account's own, with the session's id", async () => {
    const { token } = await issueSession(terms, session, now);
    const caller = { walletId: "account:alice.near", credential: "session", sessionId: session.id };
    assert.deepEqual(await enter(token), caller);
    assert.deepEqual(await enter(await forged({}, first.privateKey)), caller);
  });

  it("is taken when signed by any of the keys, so that keys rotate with an overlap", async () => {
    const { token } = await issueSession({ ...terms, keys: [second, first] }, session, now);
    assert.equal((await enter(token)).walletId, "account:alice.near");
    const after = { ...credentials, sessions: { ...terms, keys: [first] } };
    await assert.rejects(enter(token, now, after), Refusal);
  });

  it("is refused once it has expired", async () => {
    const { token, expiresAtSecs } = await issueSession(terms, session, now);
    await enter(token, expiresAtSecs * 1000 - 1);
    await refused(token, "the session has expired: sign in again", expiresAtSecs * 1000);
  });

  it("is refused for another audience", async () => {
    const { token } = await issueSession({ ...terms, audience: "elsewhere.example" }, session, now);
    await refused(token, "the session token is for another audience: sign in here");
  });

  it("is refused with alg none", async () => {
    const token = new UnsecuredJWT({ sid: session.id, sub: session.accountId })
      .setIssuer("outlayer-wallet-coordinator")
      .setAudience(terms.audience)
      .setIssuedAt(now / 1000)
      .setExpirationTime(now / 1000 + 900)
      .encode();
    await refused(token, notValid);
  });

  it("is refused under an algorithm that takes the public key for a secret", async () => {
    await refused(await forged({ alg: "HS256" }, Buffer.from(first.jwk.x, "base64url")), notValid);
  });

  it("is refused by a foreign key, also under the id of one of ours", async () => {
    await refused(await forged({}, foreign.privateKey), notValid);
    await refused(await forged({ kid: foreign.jwk.kid }, foreign.privateKey), notValid);
  });

  it("is refused from another issuer", async () => {
    await refused(await forged({ iss: "somebody" }, first.privateKey), notValid);
  });

  it("is refused with another account put in, and where it is too long", async () => {
    const [head, , signature] = (await issueSession(terms, session, now)).token.split(".");
    const body = Buffer.from(JSON.stringify({ sub: "mallory.near" })).toString("base64url");
    await refused(`${head}.${body}.${signature}`, notValid);
    await refused(`${"a".repeat(3000)}.b.c`, notValid);
  });

  it("is refused once its session was signed out, and no other session's is", async () => {
    const { token } = await issueSession(terms, session, now);
    const other = await issueSession(terms, { ...session, id: "0198c0de-0000-7000-8000-000000000002" }, now);
    revoked.add(session.id);
    await refused(token, "the session was signed out: sign in again");
    await enter(other.token);
    revoked.clear();
  });

  it("is an unknown credential where nobody can sign in", async () => {
    const { token } = await issueSession(terms, session, now);
    await assert.rejects(enter(token, now, { ...credentials, sessions: undefined }), /wallet authentication failed/);
  });
});

describe("a wallet of a session", () => {
  it("is not to be had with the internal token, nor given an API key", () => {
    const headers = new Headers({ "x-wallet-id": "account:alice.near", "x-internal-wallet-auth": "token-a" });
    assert.throws(() => authenticateCaller(headers, credentials), /must not start with account:/);
    const keys = JSON.stringify({ wk_0123456789abcdefghijklmnop: "account:alice.near" });
    assert.throws(() => walletApiKeys(keys), Malformed);
  });

  it("is vouched for with its session's id, and not without one", async () => {
    const caller = { walletId: "account:alice.near", credential: "session", sessionId: session.id } as const;
    assert.deepEqual(vouchedCaller(new Headers(vouchingHeaders(caller))), caller);
    for (const wrong of [
      { walletId: "account:alice.near", credential: "session" },
      { walletId: "alice.near", credential: "session", sessionId: session.id },
      { walletId: "account:alice.near", credential: "api_key" },
    ] as const) {
      assert.throws(() => vouchedCaller(new Headers(vouchingHeaders(wrong))), Refusal);
    }
  });
});
