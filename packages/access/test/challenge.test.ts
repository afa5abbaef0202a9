import assert from "node:assert/strict";
import {
  type Challenge,
  challengeRandomLength,
  challengeSecs,
  findChallenge,
  makeChallenge,
  sessionKey,
} from "@outlayer/access";

const [first, second, foreign] = [1, 2, 3].map((seed) => sessionKey(new Uint8Array(32).fill(seed)));
assert(first && second && foreign);
const terms = { keys: [first, second], audience: "wallet.example" };
const now = 1_700_000_000_000;
const random = new Uint8Array(challengeRandomLength).fill(7);
const alice = "alice.near";
const made = makeChallenge(terms, alice, random, now);

describe("a challenge", () => {
  it("is found by its nonce alone, to the letter, with nothing stored", () => {
    assert.equal(made.nonce.length, 32);
    assert.equal(made.expiresAtMs, now + challengeSecs * 1000);
    assert.deepEqual(findChallenge(terms, alice, made.nonce, now), made);
  });

  it("is found under each of the keys, so that keys rotate with an overlap", () => {
    const rotated = { ...terms, keys: [second, first] };
    assert.deepEqual(findChallenge(rotated, alice, made.nonce, now), made);
    assert.equal(findChallenge({ ...terms, keys: [second] }, alice, made.nonce, now), "unknown");
  });

  it("is another one each time", () => {
    const again = makeChallenge(terms, alice, new Uint8Array(challengeRandomLength).fill(8), now);
    assert.notDeepEqual(again.nonce, made.nonce);
  });

  it("expires", () => {
    assert.deepEqual(findChallenge(terms, alice, made.nonce, made.expiresAtMs - 1), made);
    assert.equal(findChallenge(terms, alice, made.nonce, made.expiresAtMs), "expired");
  });

  const unknown: readonly (readonly [name: string, found: Challenge | string])[] = [
    ["for another account", findChallenge(terms, "mallory.near", made.nonce, now)],
    ["for another audience", findChallenge({ ...terms, audience: "evil.example" }, alice, made.nonce, now)],
    ["of a foreign key", findChallenge({ ...terms, keys: [foreign] }, alice, made.nonce, now)],
    ["too short", findChallenge(terms, alice, made.nonce.subarray(0, 31), now)],
    ["that somebody made up", findChallenge(terms, alice, new Uint8Array(32).fill(255), now)],
    ...Array.from({ length: 32 }, (_, index) => {
      const bent = Uint8Array.from(made.nonce);
      bent[index] = (bent[index] ?? 0) ^ 1;
      return [`with byte ${index} changed`, findChallenge(terms, alice, bent, now)] as const;
    }),
  ];
  for (const [name, found] of unknown) it(`is unknown by a nonce ${name}`, () => assert.equal(found, "unknown"));

  it("has message and text that name audience and account, and a text that is no JSON", () => {
    assert.equal(made.message, "Sign in to wallet.example as alice.near");
    for (const said of [made.message, alice, terms.audience, Buffer.from(made.nonce).toString("base64")]) {
      assert(made.text.includes(said), said);
    }
    for (const text of [made.text, made.message]) assert.throws(() => JSON.parse(text), SyntaxError);
  });
});
