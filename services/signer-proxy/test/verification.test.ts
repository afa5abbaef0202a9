import assert from "node:assert/strict";
import { Code } from "@connectrpc/connect";
import { failure, reasonOf, startProxy } from "./support/proxy.ts";
import { plainCall, requestId, walletId } from "./support/samples.ts";
import { type Answer, paths } from "./support/scripted-keystore.ts";

const check = { walletId, requestId, calls: [plainCall()] };
const missing: Answer = { status: 404, type: "text/plain", text: "" };
const unreadable: Answer = { status: 422, type: "text/plain", text: "missing field `op`" };

describe("the verification of the keystore", () => {
  it("passes without anything being signed, and is made once", async () => {
    let probes = 0;
    await using proxy = await startProxy({
      prepare: (keystore) =>
        keystore.script(paths.delegate, (body) => {
          probes += 1;
          assert.deepEqual(body, {});
          return undefined;
        }),
    });
    await proxy.logged("keystore verified");
    await proxy.client.checkPolicy(check);
    await proxy.client.getAccount({ walletId });
    assert.equal(probes, 1);
    assert.equal(proxy.logs.filter((line) => line.includes("keystore verified")).length, 1);
  });

  const wrongOnes: readonly [string, string, Answer, string][] = [
    [
      "the delegate endpoint is missing",
      paths.delegate,
      missing,
      "/wallet/sign-nep366-delegate: a path of its API is missing",
    ],
    [
      "it signs requests without fields",
      paths.delegate,
      { json: {} },
      "/wallet/sign-nep366-delegate: it takes a request without fields",
    ],
    [
      "check-policy takes another question",
      paths.policy,
      unreadable,
      "/wallet/check-policy: it does not take an action",
    ],
    [
      "check-policy answers in another shape",
      paths.policy,
      { json: { decision: "allow" } },
      "/wallet/check-policy: its answer has another shape (allowed)",
    ],
    ["check-policy is missing", paths.policy, missing, "/wallet/check-policy: a path of its API is missing"],
  ];
  for (const [name, path, answer, detail] of wrongOnes) {
    it(`finds the wrong keystore when ${name}: one log line, nothing asked of it`, async () => {
      await using proxy = await startProxy({ prepare: (keystore) => keystore.script(path, () => answer) });
      for (const call of [proxy.client.checkPolicy(check), proxy.client.getAccount({ walletId })]) {
        const error = await failure(call);
        assert.equal(error.code, Code.Unavailable);
        assert.equal(error.rawMessage, `wrong keystore: ${detail}`);
      }
      const said = proxy.logs.filter((line) => line.includes("wrong keystore behind KEYSTORE_URL"));
      assert.equal(said.length, 1);
      assert.match(said[0] ?? "", /"level":"error"/);
      assert.deepEqual([paths.policy, paths.derive].flatMap(proxy.keystore.received), []);
    });
  }

  it("does not hold up the start while the keystore is away, and passes by itself when it is back", async () => {
    let away = true;
    await using proxy = await startProxy({
      prepare: (keystore) => keystore.script(paths.delegate, () => (away ? "drop" : undefined)),
    });
    await proxy.logged("it is away or not ready");
    const error = await failure(proxy.client.checkPolicy(check));
    assert.equal(error.code, Code.Unavailable);
    away = false;
    // Backs off: 1 s, then 2 s.
    await proxy.time.armed(1_000);
    away = true;
    proxy.time.advance(1_000);
    await proxy.time.armed(2_000);
    away = false;
    proxy.time.advance(2_000);
    await proxy.logged("keystore verified");
    assert.equal(proxy.logs.filter((line) => line.includes("it is away or not ready")).length, 1);
  });

  it("is made on the spot for those who call before it has passed", async () => {
    await using proxy = await startProxy({
      prepare: (keystore) =>
        keystore.script(paths.policy, () => ({ status: 401, json: { error: "Keystore not ready." } })),
    });
    await proxy.logged("it is away or not ready");
    proxy.keystore.script(paths.policy, () => undefined);
    assert.equal((await proxy.client.checkPolicy(check)).verdict.case, "allowed");
  });

  it("says that the keystore refuses our token, without the token", async () => {
    await using proxy = await startProxy({ config: { keystoreAuthToken: "stale-token-77" }, prepare: () => undefined });
    const error = await failure(proxy.client.checkPolicy(check));
    assert.equal(error.code, Code.FailedPrecondition);
    assert.equal(error.rawMessage, "keystore refused: Invalid coordinator token");
    assert.equal(reasonOf(error), "KEYSTORE_REFUSED");
    await proxy.logged("keystore not verified: it refuses");
    assert.ok(!proxy.logs.join("").includes("stale-token-77"));
  });

  it("ends with the service, at once", async () => {
    await using proxy = await startProxy({ prepare: (keystore) => keystore.script(paths.delegate, () => "hang") });
    const waiting = failure(proxy.client.getAccount({ walletId }));
    await proxy.stop();
    const error = await waiting;
    assert.equal(error.code, Code.Unavailable);
    assert.equal(error.rawMessage, "keystore unavailable: this service is stopping");
  });
});
