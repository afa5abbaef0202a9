import assert from "node:assert/strict";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { challengeRandomLength, challengeSecs, makeChallenge, sessionKey } from "@outlayer/access";
import { SignInService } from "@outlayer/contracts/outlayer/planner/v1/sign_in_service";
import { implicitAccountOf, keyPairFromSeed, parseSignature, parseVerifierKey } from "@outlayer/near";
import { decodeJwt } from "jose";
import { makeFinal } from "./support/on-chain.ts";
import { RestClient } from "./support/rest-client.ts";
import { describeShapes } from "./support/shapes.ts";
import { signInWays, type Way } from "./support/sign-in-ways.ts";
import { type GivenChallenge, passkey, type SignedText, signedNep413, textSigners } from "./support/signers.ts";
import { type System, startSystem, withSystem } from "./support/system.ts";
import { waitUntil } from "./support/wait-until.ts";

const seed = new Uint8Array(32).fill(77);
const recipient = "wallet.example";
const environment = { SESSION_SECRET_KEYS: Buffer.from(seed).toString("hex"), SESSION_AUDIENCE: recipient };
const terms = { keys: [sessionKey(seed)], audience: recipient };
const alice = "alice.near";
const [own, callKey, strangers] = [1, 2, 3].map((byte) => keyPairFromSeed(new Uint8Array(32).fill(byte)));
assert(own && callKey && strangers);
const key = own;
/** Also on NEAR, with its bytes said to be of another curve. */
const p256 = passkey(0x41);
const sameBytes = p256.publicKey.replace("p256:", "secp256k1:");
const passkeyTwin = implicitAccountOf(parseVerifierKey(sameBytes));

describeShapes("signing in", (shape) => {
  let system: System;
  const ways = signInWays(() => system);
  const [rest, grpc] = ways;
  assert(rest && grpc);

  before(async () => {
    system = await startSystem({ shape, environment });
    const { accounts } = system.devnet.controls;
    accounts.setBalance(alice, 10n ** 24n);
    accounts.addKey(alice, key.publicKey, { kind: "fullAccess" });
    accounts.addKey(alice, sameBytes, { kind: "fullAccess" });
    accounts.addKey(alice, callKey.publicKey, {
      kind: "functionCall",
      allowance: 10n ** 24n,
      receiverId: "intents.near",
      methodNames: [],
    });
    makeFinal(system);
  });
  after(() => system.stop());

  const challengeFor = async (accountId: string, way = rest): Promise<GivenChallenge> => {
    const { code, body, message } = await way.challenge({ account_id: accountId });
    assert.equal(code, way.codes.ok, message);
    return body;
  };
  const sessionOf = async (accountId: string, sign: (challenge: GivenChallenge) => SignedText, way = rest) => {
    const signed = sign(await challengeFor(accountId, way));
    const { code, body, message } = await way.signIn({ account_id: accountId, signed });
    assert.equal(code, way.codes.ok, message);
    return body;
  };
  const asAlice = (way = rest) => sessionOf(alice, (challenge) => signedNep413(key, challenge), way);
  for (const way of ways) {
    it(`gives a named account a session of its own over ${way.name}, and the way to register its key`, async () => {
      const challenge = await challengeFor(alice, way);
      assert.deepEqual([challenge.account_id, challenge.recipient], [alice, recipient]);
      assert.equal(Buffer.from(challenge.nonce, "base64").length, 32);
      const session = await asAlice(way);
      const { wallet_id, account_id, public_key, registered, token_type } = session;
      assert.deepEqual(
        [wallet_id, account_id, public_key, registered, token_type],
        ["account:alice.near", alice, key.publicKey, false, "Bearer"],
      );
      const told = (await system.rest().get(`/accounts/${alice}?public_key=${key.publicKey}`)).body;
      assert.deepEqual(session.registration, told.registration);
      assert.equal(session.registration.transaction.actions[0].params.args.public_key, key.publicKey);
      const { sub, sid, aud, exp = 0 } = decodeJwt(session.token);
      assert.deepEqual([sub, sid, aud], [alice, session.session_id, recipient]);
      assert.equal(session.expires_at, new Date(exp * 1000).toISOString());
      const signedIn = RestClient.ofSession(() => system.product.restUrl, session.token);
      assert.equal((await signedIn.get("/accounts/mike.near")).status, 200);
    });
  }

  it("says of a key that is registered that it is", async () => {
    const { accounts, verifier } = system.devnet.controls;
    accounts.setBalance("rita.near", 10n ** 24n);
    accounts.addKey("rita.near", key.publicKey, { kind: "fullAccess" });
    verifier.addKey("rita.near", key.publicKey);
    makeFinal(system);
    const { registered, registration } = await sessionOf("rita.near", (challenge) => signedNep413(key, challenge));
    assert.deepEqual([registered, registration], [true, null]);
  });

  for (const signer of textSigners(0x31)) {
    it(`takes the own key of an implicit account: ${signer.name}`, async () => {
      const { wallet_id, public_key, registered, registration } = await sessionOf(signer.accountId, ({ text }) =>
        signer.sign(text),
      );
      assert.deepEqual(
        [wallet_id, public_key, registered, registration],
        [`account:${signer.accountId}`, signer.publicKey, true, null],
      );
    });

    it(`is no payload of the verifier's: ${signer.name}`, async () => {
      const { text } = await challengeFor(signer.accountId);
      const signed = [signer.sign(text)];
      assert.match(await panicOf(system, signed), /JSON: /);
    });
  }

  it("is no payload of the verifier's: nep413", async () => {
    const signed = [signedNep413(key, await challengeFor(alice))];
    assert.match(await panicOf(system, signed), /JSON: /);
  });

  const forms: readonly (readonly [name: string, write: (bytes: Uint8Array, wire: string) => string])[] = [
    ["base64, as NEP-413 has it", (bytes) => Buffer.from(bytes).toString("base64")],
    ["base58 alone, as older wallets have it", (_bytes, wire) => wire.replace("ed25519:", "")],
  ];
  for (const [name, write] of forms) {
    it(`takes a signature in ${name}`, async () => {
      const { public_key } = await sessionOf(alice, (challenge) => {
        const signed = signedNep413(key, challenge);
        return { ...signed, signature: write(parseSignature(signed.signature), signed.signature) };
      });
      assert.equal(public_key, key.publicKey);
    });
  }

  it("takes a callback URL that the wallet has signed, and none that it has not", async () => {
    const url = "https://app.example/back";
    await sessionOf(alice, (challenge) => signedNep413(key, challenge, url));
    const signed = signedNep413(key, await challengeFor(alice), url);
    const payload = { ...signed.payload, callbackUrl: "https://evil.example/back" };
    const { code, message } = await rest.signIn({ account_id: alice, signed: { ...signed, payload } });
    assert.deepEqual([code, message], [401, invalidSignature]);
  });

  const invalidSignature = "the signature is not valid for what was signed: sign the challenge as it was given";
  const strangeNonce = `the nonce is of no challenge for ${alice}: ask for a challenge`;
  const implicit = textSigners(0x32);
  const [raw, , erc191] = implicit;
  assert(raw && erc191);
  const made = (accountId: string, nowMs: number, given = terms): GivenChallenge => {
    const random = crypto.getRandomValues(new Uint8Array(challengeRandomLength));
    const challenge = makeChallenge(given, accountId, random, nowMs);
    const nonce = Buffer.from(challenge.nonce).toString("base64");
    return { account_id: accountId, ...challenge, nonce, expires_at: "" };
  };

  const misuses: readonly (readonly [
    name: string,
    body: (way: Way) => Promise<{ readonly account_id: string; readonly signed: unknown }>,
    message: string,
    code?: keyof Way["codes"],
  ])[] = [
    [
      "another account's key",
      async (way) => ({ account_id: alice, signed: signedNep413(strangers, await challengeFor(alice, way)) }),
      `${strangers.publicKey} is no key of ${alice} on NEAR: sign in with a full access key of the account`,
    ],
    [
      "a function-call key",
      async (way) => ({ account_id: alice, signed: signedNep413(callKey, await challengeFor(alice, way)) }),
      `${callKey.publicKey} is a function-call key of ${alice}: sign in with a full access key`,
    ],
    [
      "a key of another curve with the same bytes",
      async (way) => ({ account_id: alice, signed: p256.sign((await challengeFor(alice, way)).text) }),
      `${p256.publicKey} is no key of ${alice} on NEAR: sign in with a full access key of the account`,
    ],
    [
      "a key of another curve, for the implicit account of the same bytes",
      async (way) => {
        const accountId = passkeyTwin;
        return { account_id: accountId, signed: p256.sign((await challengeFor(accountId, way)).text) };
      },
      `${p256.publicKey} is not the key of ${passkeyTwin}: sign in with the account's own key`,
    ],
    [
      "another account's own key",
      async (way) => ({ account_id: raw.accountId, signed: signedNep413(key, await challengeFor(raw.accountId, way)) }),
      `${key.publicKey} is not the key of ${raw.accountId}, which is not on NEAR: sign in with the account's own key`,
    ],
    [
      "an account that is not on NEAR",
      async (way) => ({ account_id: "nobody.near", signed: signedNep413(key, await challengeFor("nobody.near", way)) }),
      "nobody.near is not on NEAR: nobody can sign in to it",
    ],
    [
      "a challenge that was used",
      async (way) => {
        const signed = signedNep413(key, await challengeFor(alice, way));
        assert.equal((await way.signIn({ account_id: alice, signed })).code, way.codes.ok);
        return { account_id: alice, signed };
      },
      "the challenge was used before: ask for another one",
    ],
    [
      "another recipient",
      async (way) => {
        const challenge = { ...(await challengeFor(alice, way)), recipient: "evil.example" };
        return { account_id: alice, signed: signedNep413(key, challenge) };
      },
      "the message is signed for another recipient: sign the challenge of wallet.example",
    ],
    [
      "an expired challenge",
      async () => ({
        account_id: alice,
        signed: signedNep413(key, made(alice, Date.now() - challengeSecs * 1000 - 1000)),
      }),
      "the challenge has expired: ask for another one",
    ],
    [
      "a challenge for another account",
      async (way) => {
        const { nonce } = await challengeFor("mike.near", way);
        return { account_id: alice, signed: signedNep413(key, { ...(await challengeFor(alice, way)), nonce }) };
      },
      strangeNonce,
    ],
    [
      "a challenge of another service",
      async () => {
        const elsewhere = { ...terms, keys: [sessionKey(new Uint8Array(32).fill(78))] };
        return { account_id: alice, signed: signedNep413(key, made(alice, Date.now(), elsewhere)) };
      },
      strangeNonce,
    ],
    [
      "another message under the nonce",
      async (way) => {
        const challenge = { ...(await challengeFor(alice, way)), message: "Sign in as mallory.near" };
        return { account_id: alice, signed: signedNep413(key, challenge) };
      },
      "what was signed is not the challenge: sign it as it was given",
    ],
    [
      "a text with a line more",
      async (way) => {
        const { text } = await challengeFor(erc191.accountId, way);
        return { account_id: erc191.accountId, signed: erc191.sign(`${text}\nand pay`) };
      },
      "what was signed is not the challenge: sign it as it was given",
    ],
    [
      "a text without a nonce",
      async () => ({ account_id: erc191.accountId, signed: erc191.sign("let me in") }),
      `the nonce is of no challenge for ${erc191.accountId}: ask for a challenge`,
    ],
    [
      "a signature of another message",
      async (way) => {
        const [first, second] = [await challengeFor(alice, way), await challengeFor(alice, way)];
        return {
          account_id: alice,
          signed: { ...signedNep413(key, first), payload: signedNep413(key, second).payload },
        };
      },
      invalidSignature,
    ],
    [
      "a standard that the verifier does not take",
      async () => ({ account_id: alice, signed: { standard: "toString", payload: "" } }),
      "signed.standard must be one of nep413, erc191, tip191, raw_ed25519, webauthn, ton_connect, sep53",
      "invalid",
    ],
    [
      "a payload that is none of its standard",
      async () => ({ account_id: alice, signed: { standard: "nep413", payload: { message: "", nonce: 5 } } }),
      "signed.payload.nonce must be a string",
      "invalid",
    ],
    [
      "no account id",
      async () => ({ account_id: "Alice.near", signed: {} }),
      "account_id is not an account id",
      "invalid",
    ],
    [
      "no signed challenge",
      async () => ({ account_id: alice, signed: "me" }),
      "invalid workflow JSON: signed must be a record",
      "invalid",
    ],
    [
      "a body that is too long for a stranger's",
      async () => ({ account_id: alice, signed: { standard: "a".repeat(20_000) } }),
      "the body must be at most 16384 bytes",
      "tooLarge",
    ],
  ];
  for (const [name, body, message, code = "refused"] of misuses) {
    it(`refuses ${name}`, async () => {
      for (const way of ways) {
        const answer = await way.signIn(await body(way));
        assert.deepEqual([answer.code, answer.message], [way.codes[code], message], way.name);
      }
    });
  }

  it("makes no challenge for another audience, nor for what is no account id", async () => {
    for (const way of ways) {
      const foreign = await way.challenge({ account_id: alice, audience: "evil.example" });
      const audience = "sessions of this service are for wallet.example, and for no other audience";
      assert.deepEqual([foreign.code, foreign.message], [way.codes.invalid, audience]);
      const { code } = await way.challenge({ account_id: alice, audience: recipient });
      assert.equal(code, way.codes.ok);
      const strange = await way.challenge({ account_id: "Alice.near" });
      assert.deepEqual([strange.code, strange.message], [way.codes.invalid, "account_id is not an account id"]);
    }
  });

  it("has one of many win that sign in with one challenge at once (rule: challenge-is-used-once)", async () => {
    const signed = signedNep413(key, await challengeFor(alice));
    const answers = await Promise.all(Array.from({ length: 12 }, () => rest.signIn({ account_id: alice, signed })));
    assert.deepEqual(answers.map(({ code }) => code).toSorted(), [200, ...Array(11).fill(401)]);
  });

  it("refuses a key that was deleted, from the final block on (rule: sign-in-takes-full-access-keys)", async () => {
    const { accounts } = system.devnet.controls;
    accounts.setBalance(raw.accountId, 10n ** 24n);
    accounts.addKey(raw.accountId, raw.publicKey, { kind: "fullAccess" });
    makeFinal(system);
    await sessionOf(raw.accountId, ({ text }) => raw.sign(text));
    accounts.deleteKey(raw.accountId, raw.publicKey);
    makeFinal(system);
    const signed = raw.sign((await challengeFor(raw.accountId)).text);
    const said = `${raw.publicKey} was deleted from ${raw.accountId} on NEAR: sign in with a full access key of the account`;
    assert.deepEqual((await rest.signIn({ account_id: raw.accountId, signed })).message, said);
  });

  it("is not to be had while the chain gives no answer, and the challenge can be used afterwards", async () => {
    const { faults } = system.devnet.controls;
    const signed = signedNep413(key, await challengeFor(alice));
    const { id } = faults.add({ target: "rpc", method: "query", count: null, fault: { kind: "reset" } });
    const { code, message } = await rest.signIn({ account_id: alice, signed });
    faults.remove(id);
    assert.deepEqual([code, message], [503, "the account is not to be had from NEAR now: try again"]);
    const again = async () => (await rest.signIn({ account_id: alice, signed })).code === 200;
    await waitUntil(again, "the chain answers again");
  });
});

/** What the verifier says to these payloads. */
async function panicOf(system: System, signed: readonly unknown[]): Promise<string> {
  const params = {
    request_type: "call_function",
    finality: "optimistic",
    account_id: "intents.near",
    method_name: "simulate_intents",
    args_base64: Buffer.from(JSON.stringify({ signed })).toString("base64"),
  };
  const body = JSON.stringify({ jsonrpc: "2.0", id: "1", method: "query", params });
  const headers = { "content-type": "application/json" };
  const response = await fetch(system.devnet.rpcUrl, { method: "POST", headers, body });
  const answer = await response.text();
  assert.match(answer, /panicked|error/, answer);
  return answer;
}

describeShapes("signing in, where the operator has set no keys", (shape) => {
  it("is not there", async () => {
    await withSystem({ shape }, async ({ product }) => {
      for (const path of ["/wallet/v1/auth/challenge", "/wallet/v1/auth/verify", "/wallet/v1/auth/logout"]) {
        const response = await fetch(product.restUrl + path, { method: "POST" });
        assert.equal(response.status, 404);
        assert.equal(((await response.json()) as { message: string }).message, `there is nothing at ${path}`);
      }
      assert.equal((await fetch(`${product.restUrl}/.well-known/jwks.json`)).status, 404);
      const client = createClient(SignInService, createGrpcTransport({ baseUrl: product.grpc.planner }));
      await assert.rejects(client.listSessionKeys({}), (error) => ConnectError.from(error).code === Code.NotFound);
      const body = { case: "challengeJson" as const, value: JSON.stringify({ account_id: alice }) };
      await assert.rejects(
        client.createChallenge({ body }),
        (error) => ConnectError.from(error).code === Code.NotFound,
      );
    });
  });
});
