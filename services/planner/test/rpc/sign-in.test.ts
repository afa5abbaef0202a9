import assert from "node:assert/strict";
import { challengeRandomLength, makeChallenge, sessionKey } from "@outlayer/access";
import { Code, Refusal } from "@outlayer/kit";
import { textSigners } from "../../../../test/support/signers.ts";
import { failureOf, type Others, startPlanner } from "../support/server.ts";

const sessions = { keys: [sessionKey(new Uint8Array(32).fill(5))], audience: "wallet.example" };
const [signer] = textSigners(6);
assert(signer);
const { accountId } = signer;
const known = { exists: false, keyRegistered: true, blockHeight: 9n };

/** A body that signs the signer in, under a challenge of its own. */
function body(random = 1) {
  const { text } = makeChallenge(sessions, accountId, new Uint8Array(challengeRandomLength).fill(random), Date.now());
  const value = JSON.stringify({ account_id: accountId, signed: signer?.sign(text) });
  return { body: { case: "signedChallengeJson" as const, value } };
}

const start = (others: Others = {}) => startPlanner({ sessions, readAccount: async () => known, ...others });

describe("a sign-in", () => {
  it("is one of sixteen at once, and the rest is refused before the chain is asked", async () => {
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    let reads = 0;
    const { signIns } = start({
      async readAccount() {
        reads += 1;
        await answered;
        return known;
      },
    });
    const all = Array.from({ length: 20 }, (_, index) => failureOf(signIns.signIn(body(index))));
    const refused = await Promise.all(all.slice(16));
    assert.deepEqual(refused, Array(4).fill("Unavailable: too many are signing in at once: try again"));
    answer();
    assert.deepEqual(await Promise.all(all.slice(0, 16)), Array(16).fill("succeeded"));
    assert.equal(reads, 16);
    assert.equal(await failureOf(signIns.signIn(body(99))), "succeeded");
  });

  it("asks nobody where nonce, text or signature do not hold", async () => {
    let asked = 0;
    const { signIns } = start({
      async readAccount() {
        asked += 1;
        return known;
      },
    });
    const good = body().body.value;
    for (const bad of [good.replace("Nonce: ", "Nonce:  "), good.replace("moves nothing", "moves all")]) {
      const said = await failureOf(signIns.signIn({ body: { case: "signedChallengeJson", value: bad } }));
      assert.match(said, /^Unauthenticated: /);
    }
    const { signed } = JSON.parse(good);
    const value = JSON.stringify({ account_id: accountId, signed: { ...signed, signature: "ed25519:1" } });
    assert.match(
      await failureOf(signIns.signIn({ body: { case: "signedChallengeJson", value } })),
      /^Unauthenticated: the signature is not valid/,
    );
    assert.equal(asked, 0);
  });

  it("uses a challenge up only once everything else holds", async () => {
    let used = 0;
    const { signIns } = start({
      readAccount: async () => ({ ...known, keyRegistered: false }),
      async useChallenge() {
        used += 1;
        return {};
      },
    });
    assert.match(await failureOf(signIns.signIn(body())), /was removed from .* in the verifier: it signs in no more$/);
    assert.equal(used, 0);
  });

  it("says what to do where it is unknown whether the challenge was used up", async () => {
    const { signIns } = start({
      async useChallenge() {
        throw new Refusal(Code.Unavailable, "the database at 10.0.0.1 is away");
      },
    });
    const said = "Unavailable: the session could not begin: ask for another challenge";
    assert.equal(await failureOf(signIns.signIn(body())), said);
  });

  it("takes a challenge as a message as well, and holds it to the same bounds", async () => {
    const { signIns } = start();
    const { signed } = JSON.parse(body().body.value);
    const value = { accountId, signed };
    assert.equal(await failureOf(signIns.signIn({ body: { case: "signedChallenge", value } })), "succeeded");
    const long = { accountId, signed: { standard: "a".repeat(20_000) } };
    assert.equal(
      await failureOf(signIns.signIn({ body: { case: "signedChallenge", value: long } })),
      "ResourceExhausted: the body must be at most 16384 bytes",
    );
    const none = { accountId };
    assert.equal(
      await failureOf(signIns.signIn({ body: { case: "signedChallenge", value: none } })),
      "InvalidArgument: invalid workflow JSON: signed is required",
    );
  });

  it("is not there without keys", async () => {
    const { signIns } = startPlanner();
    assert.equal(await failureOf(signIns.signIn(body())), "NotFound: nobody can sign in here");
    assert.equal(await failureOf(signIns.listSessionKeys({})), "NotFound: nobody can sign in here");
  });
});
