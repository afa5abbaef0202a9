import assert from "node:assert/strict";
import { authenticateCaller, walletApiKeys } from "@outlayer/access";
import { Refusal } from "@outlayer/kit";

const good = "wk_good_0123456789abcdefghij";
const credentials = {
  internalTokens: ["token-a", "token-b"],
  apiKeys: walletApiKeys(JSON.stringify({ [good]: "wallet-7" })),
};
const wallet = (headers: Record<string, string>) => authenticateCaller(new Headers(headers), credentials).walletId;

describe("who calls", () => {
  it("is the wallet named beside an internal token, any of them while rotating", () => {
    for (const token of credentials.internalTokens) {
      assert.equal(wallet({ "x-wallet-id": "ed25519:abc", "x-internal-wallet-auth": token }), "ed25519:abc");
    }
  });

  it("is the owner of an API key", () => {
    for (const scheme of ["Bearer", "bearer"]) assert.equal(wallet({ authorization: `${scheme} ${good}` }), "wallet-7");
  });

  it("is told by the first of the two where both are sent", () => {
    const both = { "x-wallet-id": "wallet-1", "x-internal-wallet-auth": "token-a", authorization: `Bearer ${good}` };
    assert.equal(wallet(both), "wallet-1");
    assert.throws(() => wallet({ ...both, "x-internal-wallet-auth": "wrong" }), Refusal);
  });

  it("is known by the credential that counted", () => {
    const credential = (headers: Record<string, string>) =>
      authenticateCaller(new Headers(headers), credentials).credential;
    const [internal, apiKey] = [
      { "x-wallet-id": "wallet-1", "x-internal-wallet-auth": "token-a" },
      { authorization: `Bearer ${good}` },
    ];
    assert.deepEqual([internal, apiKey, { ...internal, ...apiKey }].map(credential), [
      "internal_token",
      "api_key",
      "internal_token",
    ]);
  });

  it("is nobody with missing, partial or wrong credentials, and no answer quotes them", () => {
    const cases: readonly Record<string, string>[] = [
      {},
      { "x-wallet-id": "wallet-1" },
      { "x-internal-wallet-auth": "token-a" },
      { "x-wallet-id": "wallet-1", "x-internal-wallet-auth": "guess" },
      { "x-wallet-id": "wallet-1", "x-internal-wallet-auth": "" },
      { "x-wallet-id": "", "x-internal-wallet-auth": "token-a" },
      { "x-wallet-id": "a b", "x-internal-wallet-auth": "token-a" },
      { "x-wallet-id": "a".repeat(129), "x-internal-wallet-auth": "token-a" },
      { authorization: "Bearer wk_guess" },
      { authorization: "Bearer" },
      { authorization: `Basic ${good}` },
      { authorization: good },
    ];
    for (const headers of cases) {
      assert.throws(
        () => wallet(headers),
        (error) => error instanceof Refusal && !/guess|token-a|wk_good/.test(error.message),
        JSON.stringify(headers),
      );
    }
  });
});
