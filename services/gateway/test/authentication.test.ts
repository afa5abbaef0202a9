import assert from "node:assert/strict";
import { recordOf } from "./support/rest.ts";
import {
  ambiguousStep,
  apiKey,
  hashedApiKey,
  internalToken,
  paths,
  transfer,
  unknownId,
  worker,
} from "./support/samples.ts";
import { startWorld, type World } from "./support/world.ts";

describe("authentication", () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world[Symbol.asyncDispose]());

  const walletOf = async (headers: Record<string, string>) => {
    const answer = await world.rest("POST", paths.execute, { headers, body: transfer });
    return answer.status === 202 ? recordOf(answer).wallet_id : answer.status;
  };

  it("takes the internal token with a wallet id, also the token before a rotation", async () => {
    assert.equal(await walletOf(worker("ed25519:abc")), "ed25519:abc");
    const before = { "x-wallet-id": "w", "x-internal-wallet-auth": "token-before-rotation" };
    assert.equal(await walletOf(before), "w");
  });

  it("takes an API key for the wallet that it stands for", async () => {
    assert.equal(await walletOf({ authorization: `Bearer ${apiKey}` }), "wallet-1");
    assert.equal(await walletOf({ authorization: `bearer ${hashedApiKey}` }), "wallet-2");
  });

  it("counts the internal headers where both ways are tried", async () => {
    assert.equal(await walletOf({ ...worker("wallet-9"), authorization: `Bearer ${apiKey}` }), "wallet-9");
    const wrong = { "x-wallet-id": "wallet-9", "x-internal-wallet-auth": "wrong" };
    assert.equal(await walletOf({ ...wrong, authorization: `Bearer ${apiKey}` }), 401);
  });

  const refused: readonly [what: string, headers: Record<string, string>, message: RegExp][] = [
    ["nothing", {}, /^authentication is required: X-Wallet-Id with X-Internal-Wallet-Auth, or Authorization/],
    ["a wallet id alone", { "x-wallet-id": "w" }, /^X-Internal-Wallet-Auth is required/],
    ["the token alone", { "x-internal-wallet-auth": internalToken }, /^X-Wallet-Id is required/],
    ["a wrong token", { "x-wallet-id": "w", "x-internal-wallet-auth": "wrong" }, /^wallet authentication failed$/],
    ["a wallet id with a space", worker("a b"), /^X-Wallet-Id must be/],
    ["a wallet id of 129 characters", worker("w".repeat(129)), /^X-Wallet-Id must be/],
    ["a wrong API key", { authorization: "Bearer wk_wrong" }, /^wallet authentication failed$/],
    ["another scheme", { authorization: `Basic ${apiKey}` }, /^wallet authentication failed$/],
    ["an empty bearer", { authorization: "Bearer " }, /^wallet authentication failed$/],
  ];
  for (const [what, headers, message] of refused) {
    it(`refuses ${what}, on every wallet path`, async () => {
      for (const path of [paths.plan, paths.execute, paths.batch]) {
        const answer = await world.rest("POST", path, { headers, body: transfer });
        assert.equal(answer.status, 401);
        assert.match(String(answer.json.message), message);
      }
      for (const path of [paths.workflow(unknownId), paths.batchRecord(unknownId), paths.events(unknownId)]) {
        assert.equal((await world.rest("GET", path, { headers })).status, 401);
      }
    });
  }

  it("comes before the body is looked at", async () => {
    const headers = { "content-type": "text/plain" };
    const answer = await world.rest("POST", paths.execute, { headers, body: "x".repeat(300 * 1024) });
    assert.equal(answer.status, 401);
  });

  it("is not asked for by what is no wallet's", async () => {
    for (const path of ["/docs", "/openapi.json", "/livez", "/readyz"]) {
      assert.equal((await world.rest("GET", path, { headers: {} })).status, 200);
    }
  });

  it("hides another wallet's record as if it had never been", async () => {
    const id = recordOf(await world.rest("POST", paths.execute, { body: { steps: [ambiguousStep] } })).request_id;
    for (const path of [paths.workflow, paths.batchRecord, paths.events]) {
      const others = await world.rest("GET", path(id), { headers: worker("wallet-2") });
      const nobodys = await world.rest("GET", path(unknownId), { headers: worker("wallet-2") });
      assert.equal(others.status, 404);
      assert.equal(nobodys.status, 404);
      assert.equal(others.text.replaceAll(id, unknownId), nobodys.text);
    }
  });
});
