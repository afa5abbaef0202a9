import { createHmac } from "node:crypto";
import { keyPairFromSeed } from "@outlayer/near";
import { type GivenChallenge, signedNep413, type TextSigner, textSigners } from "../../support/signers.ts";
import type { Attack } from "../attack.ts";
import type { AttackWorld, RestAnswer } from "../attack-world.ts";
import { anyId } from "./steps.ts";

const auth = "/wallet/v1/auth";
const victim = "mike.near";

/** Asks with a body, without credentials. A 404 is no refusal: where nobody can sign in, this attack tries nothing. */
async function ask(world: AttackWorld, path: string, body: unknown): Promise<RestAnswer> {
  const answer = await world.rest({ path: `${auth}/${path}`, method: "POST", body: JSON.stringify(body) });
  if (answer.status === 404) world.gotThrough(`nobody can sign in: there is no ${auth}/${path}`);
  return answer;
}

/** Whether an answer refuses a caller as it has to, or refuses everybody for now. Any other says that nobody was judged. */
export const isRefusal = (status: number | undefined, due: number) =>
  status === undefined || status === due || status === 429 || status === 503;

async function challengeFor(world: AttackWorld, account_id: string): Promise<GivenChallenge | undefined> {
  const { status, body } = await ask(world, "challenge", { account_id });
  return status === 200 ? (body as GivenChallenge) : undefined;
}

export const signIns: Attack = {
  name: "sign-ins",
  tries:
    "signs in to others' accounts, in every way that is not theirs, and with a session of its own asks for what is others'",
  everyMs: 3_000,
  // Challenges, sessions of its own, and accounts, which are public, are anybody's.
  refusals: ["200", "400", "401", "403", "404", "413", "415", "429", "503", "reset", "closed", "timeout"],
  async round(world) {
    const [own] = textSigners(world.dice.between(1, 255));
    if (own === undefined) return;
    await takeOver(world, own);
    await replay(world, own);
    const token = await sessionOf(world, own);
    if (token === undefined) return;
    await reachForOthers(world, token);
    await forge(world, token);
    const out = await world.rest({ path: `${auth}/logout`, method: "POST", headers: bearer(token) });
    const { status } = await world.rest({ path: `/wallet/v1/accounts/${victim}`, headers: bearer(token) });
    if (out.status === 200 && !isRefusal(status, 401))
      world.gotThrough(`a session that was signed out read an account: ${status}`);
    await flood(world);
  },
};

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Signs the victim's challenge in every way that is not the victim's. */
async function takeOver(world: AttackWorld, own: TextSigner): Promise<void> {
  const challenge = await challengeFor(world, victim);
  const mine = await challengeFor(world, own.accountId);
  if (challenge === undefined || mine === undefined) return;
  const key = keyPairFromSeed(new Uint8Array(32).fill(world.dice.between(1, 255)));
  const good = signedNep413(key, challenge);
  const bodies = [
    own.sign(challenge.text),
    good,
    { ...good, signature: "" },
    { ...good, public_key: `secp256k1:${"1".repeat(64)}` },
    signedNep413(key, { ...challenge, nonce: mine.nonce }),
    signedNep413(key, { ...challenge, recipient: "intents.near" }),
    signedNep413(key, challenge, "https://evil.example"),
    own.sign(mine.text),
    own.sign(mine.text.replaceAll(own.accountId, victim)),
    { standard: "webauthn", payload: challenge.text, client_data_json: "{".repeat(9_000) },
    null,
    "me",
  ];
  for (const signed of bodies) {
    const { status } = await ask(world, "verify", { account_id: victim, signed });
    if (status === 200) world.gotThrough(`a session of ${victim} by ${JSON.stringify(signed).slice(0, 200)}`);
  }
}

/** Uses a challenge many times at once. */
async function replay(world: AttackWorld, own: TextSigner): Promise<void> {
  const challenge = await challengeFor(world, own.accountId);
  if (challenge === undefined) return;
  const body = { account_id: own.accountId, signed: own.sign(challenge.text) };
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask(world, "verify", body)));
  const begun = answers.filter(({ status }) => status === 200).length;
  if (begun > 1) world.gotThrough(`${begun} sessions began with one challenge`);
}

/** The token of a session of an account's own; undefined where too many sign in. */
export async function sessionOf(world: AttackWorld, own: TextSigner): Promise<string | undefined> {
  const challenge = await challengeFor(world, own.accountId);
  if (challenge === undefined) return undefined;
  const asked = { account_id: own.accountId, signed: own.sign(challenge.text) };
  const { status, body } = await ask(world, "verify", asked);
  if (!isRefusal(status, 200)) world.gotThrough(`an attack that needs a session tries nothing: ${status}`);
  return typeof body?.token === "string" ? body.token : undefined;
}

/** Asks for others' records, and for signatures of a keystore, with a session. */
async function reachForOthers(world: AttackWorld, token: string): Promise<void> {
  const ids = world.honestRequestIds;
  const requestId = ids.length === 0 ? anyId(world.dice) : world.dice.pick(ids.slice(-40));
  const headers = bearer(token);
  for (const method of ["GET", "DELETE"]) {
    const { status } = await world.rest({ path: `/wallet/v1/workflows/${requestId}`, method, headers });
    if (!isRefusal(status, 404)) world.leaked(`${method} ${requestId} by a session: ${status}`);
  }
  const steps = [{ kind: "intents.transfer", token: "wrap.near", amount: "1", receiver_id: victim }];
  const body = JSON.stringify({ steps });
  for (const path of ["plan", "preflight", "execute"]) {
    const { status } = await world.rest({ path: `/wallet/v1/workflows/${path}`, method: "POST", headers, body });
    if (!isRefusal(status, 403)) world.gotThrough(`a session was answered ${status} by ${path}`);
  }
  const named = { ...headers, "x-wallet-id": "honest-1" };
  const { status } = await world.rest({ path: "/wallet/v1/preflight", headers: named });
  if (!isRefusal(status, 401)) world.gotThrough(`a session that named another wallet was answered ${status}`);
}

/** Sends tokens that nobody gave out. */
async function forge(world: AttackWorld, token: string): Promise<void> {
  const [head = "", claims = "", signature = ""] = token.split(".");
  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString()) as object;
  const others = encoded({ ...read(claims), sub: victim });
  const { body } = await world.rest({ path: "/.well-known/jwks.json" });
  const symmetric = `${encoded({ ...read(head), alg: "HS256" })}.${others}`;
  const mac = createHmac("sha256", Buffer.from(String(body?.keys?.[0]?.x), "base64url")).update(symmetric);
  for (const forged of [
    `${head}.${others}.${signature}`,
    `${encoded({ ...read(head), alg: "none" })}.${others}.`,
    `${symmetric}.${mac.digest("base64url")}`,
    `${head}.${encoded({ ...read(claims), exp: 4_102_444_800 })}.${signature}`,
    `${"a".repeat(9_000)}.b.c`,
    "..",
  ]) {
    const { status } = await world.rest({ path: `/wallet/v1/accounts/${victim}`, headers: bearer(forged) });
    if (!isRefusal(status, 401)) world.gotThrough(`a forged token was answered ${status}: ${forged.slice(0, 200)}`);
  }
}

/** More at once than are judged at once, and bodies that are too large. */
async function flood(world: AttackWorld): Promise<void> {
  const signers = textSigners(world.dice.between(1, 255));
  await Promise.all(
    Array.from({ length: 40 }, async (_, index) => {
      const signer = signers[index % signers.length];
      if (signer !== undefined) await sessionOf(world, signer);
    }),
  );
  await ask(world, "challenge", { account_id: "a".repeat(60_000) });
  await ask(world, "verify", { account_id: victim, signed: { standard: "a".repeat(20_000) } });
}
