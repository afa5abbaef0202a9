import assert from "node:assert/strict";
import { Code } from "@connectrpc/connect";
import { cachedAccounts } from "../src/core/account-cache.ts";
import { failure, reasonOf, startProxy } from "./support/proxy.ts";
import { walletAccountId, walletId } from "./support/samples.ts";
import { paths, walletKey } from "./support/scripted-keystore.ts";

describe("GetAccount", () => {
  it("answers with the wallet's implicit account and its key in base58", async () => {
    await using proxy = await startProxy();
    const { accountId, publicKey } = await proxy.client.getAccount({ walletId });
    assert.equal(accountId, walletAccountId);
    assert.equal(publicKey, walletKey(walletId).publicKey);
    assert.deepEqual(proxy.keystore.received(paths.derive), [{ wallet_id: walletId, chain: "near" }]);
  });

  it("asks the keystore once per wallet", async () => {
    await using proxy = await startProxy();
    for (const wallet of [walletId, "wallet-2", walletId, walletId])
      await proxy.client.getAccount({ walletId: wallet });
    assert.deepEqual(
      proxy.keystore.received(paths.derive).map((body) => body.wallet_id),
      [walletId, "wallet-2"],
    );
  });

  it("remembers no failure", async () => {
    await using proxy = await startProxy();
    proxy.keystore.script(paths.derive, () => "drop");
    assert.equal((await failure(proxy.client.getAccount({ walletId }))).code, Code.Unavailable);
    proxy.keystore.script(paths.derive, () => undefined);
    assert.equal((await proxy.client.getAccount({ walletId })).accountId, walletAccountId);
  });

  const other = "00".repeat(32);
  for (const [name, answer] of [
    ["another key's address", { address: other, public_key: `ed25519:${walletAccountId}` }],
    ["a named account", { address: "alice.near", public_key: "ed25519:alice.near" }],
    ["upper-case hex", { address: "AB".repeat(32), public_key: `ed25519:${"AB".repeat(32)}` }],
    ["a key without its prefix", { address: other, public_key: other }],
  ] as const) {
    it(`refuses ${name}`, async () => {
      await using proxy = await startProxy();
      proxy.keystore.script(paths.derive, () => ({ json: answer }));
      const error = await failure(proxy.client.getAccount({ walletId }));
      assert.equal(error.code, Code.FailedPrecondition);
      assert.equal(reasonOf(error), "BAD_SIGNATURE");
      assert.match(error.rawMessage, /^the keystore's answer does not hold: account: /);
    });
  }

  it("refuses a wallet id that is none", async () => {
    await using proxy = await startProxy();
    for (const wrong of ["", "a b", "é", "x".repeat(129)]) {
      assert.equal((await failure(proxy.client.getAccount({ walletId: wrong }))).code, Code.InvalidArgument);
    }
    assert.deepEqual(proxy.keystore.received(paths.derive), []);
  });
});

describe("the cache of accounts", () => {
  it("forgets the one that was used longest ago", async () => {
    const derived: string[] = [];
    const accounts = cachedAccounts(async (id) => {
      derived.push(id);
      return { accountId: id, publicKey: id };
    }, 2);
    const { signal } = new AbortController();
    for (const id of ["a", "b", "a", "c", "a", "b"]) assert.equal((await accounts(id, signal)).accountId, id);
    assert.deepEqual(derived, ["a", "b", "c", "b"]);
  });
});
