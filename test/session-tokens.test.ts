import assert from "node:assert/strict";
import type { KeyObject } from "node:crypto";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { issueSession, sessionKey } from "@outlayer/access";
import { RecordService } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { PlannerService } from "@outlayer/contracts/outlayer/planner/v1/planner";
import { SignInService } from "@outlayer/contracts/outlayer/planner/v1/sign_in_service";
import { sessionKeysJson } from "@outlayer/workflow";
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, SignJWT } from "jose";
import { sessionEnvironment, sessionSeed, sessionTerms, tokenFor } from "./support/own-wallets.ts";
import { describeShapes } from "./support/shapes.ts";
import { signInWays } from "./support/sign-in-ways.ts";
import { textSigners } from "./support/signers.ts";
import { type System, startSystem, withSystem } from "./support/system.ts";
import { waitUntil } from "./support/wait-until.ts";

const alice = "alice.near";

describeShapes("a session", (shape) => {
  let system: System;
  before(async () => {
    system = await startSystem({ shape, environment: sessionEnvironment });
  });
  after(() => system.stop());

  const withToken = async (method: string, path: string, token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${system.product.restUrl}/wallet/v1${path}`, { method, headers });
    return [response.status, (await response.json()) as { readonly [field: string]: unknown }] as const;
  };

  it("is undone by signing out, for that session alone (rule: revoked-session-is-refused)", async () => {
    const [token, other] = [await tokenFor(alice), await tokenFor(alice)];
    assert.deepEqual(await withToken("POST", "/auth/logout", token), [200, { session_id: decodeJwt(token).sid }]);
    const [status, { message }] = await withToken("GET", "/accounts/mike.near", token);
    assert.deepEqual([status, message], [401, "the session was signed out: sign in again"]);
    assert.equal((await withToken("POST", "/auth/logout", token))[0], 401);
    assert.equal((await withToken("GET", "/accounts/mike.near", other))[0], 200);
    const [metadata, others] = [token, other].map((one) => ({ headers: { authorization: `Bearer ${one}` } }));
    const planner = createClient(PlannerService, createGrpcTransport({ baseUrl: system.product.grpc.planner }));
    const evidence = createClient(RecordService, createGrpcTransport({ baseUrl: system.product.grpc.evidence }));
    const requestId = "0192f3c0-7c1e-7000-8000-0000000000ff";
    const codeOf = (call: Promise<unknown>) => call.then(Object, (error) => ConnectError.from(error).code);
    // Neither has seen the session before: both ask, and are told at once.
    assert.equal(await codeOf(planner.getAccount({ accountId: alice }, metadata)), Code.Unauthenticated);
    assert.equal(await codeOf(evidence.getRecord({ requestId }, metadata)), Code.Unauthenticated);
    assert.equal(await codeOf(evidence.getRecord({ requestId }, others)), Code.NotFound);
    const signIns = createClient(SignInService, createGrpcTransport({ baseUrl: system.product.grpc.planner }));
    assert.equal((await signIns.signOut({}, others)).sessionId, decodeJwt(other).sid);
    assert.equal(await codeOf(signIns.signOut({}, others)), Code.Unauthenticated);
    // The gateway was asked for this session while it held, and is not told that it ended: it asks again within 5 s.
    const isOver = async () => (await withToken("GET", "/accounts/mike.near", other))[0] === 401;
    await waitUntil(isOver, "the gateway knows that the session was signed out");
    // Of this one it has never heard, and asks at once.
    const third = await tokenFor(alice);
    await signIns.signOut({}, { headers: { authorization: `Bearer ${third}` } });
    assert.equal((await withToken("GET", "/accounts/mike.near", third))[0], 401);
  });

  it("is undone by a session alone", async () => {
    const message = "only a session can be signed out: send its token";
    const answer = await system.rest().post("/auth/logout", {});
    assert.deepEqual([answer.status, answer.body.message], [403, message]);
    const { status } = await fetch(`${system.product.restUrl}/wallet/v1/auth/logout`, { method: "POST" });
    assert.equal(status, 401);
  });

  it("is for tokens that anybody can check with the published keys", async () => {
    const token = await tokenFor(alice);
    const url = new URL(`${system.product.restUrl}/.well-known/jwks.json`);
    const { payload } = await jwtVerify(token, createRemoteJWKSet(url), {
      audience: sessionTerms.audience,
      algorithms: ["EdDSA"],
    });
    assert.equal(payload.sub, alice);
    const listed = await createClient(
      SignInService,
      createGrpcTransport({ baseUrl: system.product.grpc.planner }),
    ).listSessionKeys({});
    assert.deepEqual(await (await fetch(url)).json(), sessionKeysJson(listed));
    for (const { jwk } of sessionTerms.keys) assert.deepEqual(sessionKeysJson(listed), { keys: [{ ...jwk }] });
  });

  // None of those that `tokenFor` counts: a session of the same id may have been signed out.
  const id = "0198c0de-0000-7000-8001-000000000007";
  const issued = async (given: typeof sessionTerms, nowMs = Date.now()) =>
    (await issueSession(given, { id, accountId: alice }, nowMs)).token;
  /** A session's token, with what differs from one of ours. */
  const forged = (alg: string, secret: Uint8Array | KeyObject, issuer = "outlayer-wallet-coordinator") =>
    new SignJWT({ sid: id })
      .setProtectedHeader({ alg, kid: sessionTerms.keys[0]?.jwk.kid ?? "", typ: "JWT" })
      .setIssuer(issuer)
      .setAudience(sessionTerms.audience)
      .setSubject(alice)
      .setIssuedAt()
      .setExpirationTime("10 minutes")
      .sign(secret);
  const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const [ours] = sessionTerms.keys;
  assert(ours);

  const strangeTokens: readonly (readonly [name: string, token: () => Promise<string>, message?: string])[] = [
    ["an expired token", () => issued(sessionTerms, Date.now() - 901_000), "the session has expired: sign in again"],
    [
      "a token for another audience",
      () => issued({ ...sessionTerms, audience: "evil.example" }),
      "the session token is for another audience: sign in here",
    ],
    [
      "a token that nobody signed (alg none)",
      async () => {
        const [, claims] = (await issued(sessionTerms)).split(".");
        return `${base64url({ alg: "none", kid: ours.jwk.kid, typ: "JWT" })}.${claims}.`;
      },
    ],
    [
      "a token of ours that says it is not signed",
      async () => {
        const [, claims, signature] = (await issued(sessionTerms)).split(".");
        return `${base64url({ alg: "none", kid: ours.jwk.kid, typ: "JWT" })}.${claims}.${signature}`;
      },
    ],
    [
      "a token under an algorithm that takes the published key for a secret (HS256)",
      () => forged("HS256", Buffer.from(ours.jwk.x, "base64url")),
    ],
    ["a token of another issuer", () => forged("EdDSA", ours.privateKey, "somebody")],
    [
      "a token of another key under the id of ours",
      () => forged("EdDSA", sessionKey(new Uint8Array(32).fill(78)).privateKey),
    ],
  ];
  for (const [name, token, message = "the session token is not valid: sign in again"] of strangeTokens) {
    it(`gives no way in to ${name}`, async () => {
      const strange = await token();
      const [status, body] = await withToken("GET", "/accounts/mike.near", strange);
      assert.deepEqual([status, body.message], [401, message]);
      const headers = { authorization: `Bearer ${strange}` };
      const { planner, evidence } = system.product.grpc;
      const [planning, records] = [
        createClient(PlannerService, createGrpcTransport({ baseUrl: planner })),
        createClient(RecordService, createGrpcTransport({ baseUrl: evidence })),
      ];
      for (const call of [
        () => planning.getAccount({ accountId: alice }, { headers }),
        () => records.getRecord({ requestId: id }, { headers }),
      ]) {
        const { code, rawMessage } = await call().then(
          () => assert.fail("it was let in"),
          (error) => ConnectError.from(error),
        );
        assert.deepEqual([code, rawMessage], [Code.Unauthenticated, message]);
      }
    });
  }

  it("gives a way in to the very token that the strange ones differ from", async () => {
    const token = await forged("EdDSA", ours.privateKey);
    assert.equal((await withToken("GET", "/accounts/mike.near", token))[0], 200);
  });
});

describeShapes("the keys of sessions (rule: sessions-have-wallets-of-their-own)", (shape) => {
  it("rotate with an overlap: the old key's tokens are taken until the key is gone", async () => {
    const next = new Uint8Array(32).fill(79);
    const hex = (...seeds: readonly Uint8Array[]) => seeds.map((one) => Buffer.from(one).toString("hex")).join(",");
    await withSystem({ shape, environment: sessionEnvironment }, async (system) => {
      const token = async (secret: Uint8Array) => {
        const given = { ...sessionTerms, keys: [sessionKey(secret)] };
        return (await issueSession(given, { id: crypto.randomUUID(), accountId: alice }, Date.now())).token;
      };
      const [old, fresh] = [await token(sessionSeed), await token(next)];
      const statusOf = async (bearer: string) => {
        const headers = { authorization: `Bearer ${bearer}` };
        return (await fetch(`${system.product.restUrl}/wallet/v1/accounts/mike.near`, { headers })).status;
      };
      const published = async () => {
        const answer = await fetch(`${system.product.restUrl}/.well-known/jwks.json`);
        return ((await answer.json()) as { readonly keys: readonly { readonly kid: string }[] }).keys.map(
          ({ kid }) => kid,
        );
      };
      const [oldId, nextId] = [sessionSeed, next].map((secret) => sessionKey(secret).jwk.kid);
      assert.deepEqual([await published(), await statusOf(old), await statusOf(fresh)], [[oldId], 200, 401]);
      await system.restart({ SESSION_SECRET_KEYS: hex(next, sessionSeed) });
      assert.deepEqual([await published(), await statusOf(old), await statusOf(fresh)], [[nextId, oldId], 200, 200]);
      // The first key signs.
      const [way] = signInWays(() => system);
      const [signer] = textSigners(0x33);
      assert(way && signer);
      const { body: challenge } = await way.challenge({ account_id: signer.accountId });
      const { body } = await way.signIn({ account_id: signer.accountId, signed: signer.sign(challenge.text) });
      assert.equal(decodeProtectedHeader(body.token).kid, nextId);
      await system.restart({ SESSION_SECRET_KEYS: hex(next) });
      assert.deepEqual([await published(), await statusOf(old), await statusOf(fresh)], [[nextId], 401, 200]);
    });
  });
});
