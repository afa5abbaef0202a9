import assert from "node:assert/strict";
import { Code } from "@connectrpc/connect";
import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { nep413Hash, parsePublicKey, parseSignature, verifySignature } from "@outlayer/near";
import { blockingToken, simulationIntents } from "../src/core/simulation.ts";
import { failure, reasonOf, startMs, startProxy } from "./support/proxy.ts";
import { intentsCall, nonceUntil, plainCall, transfer, walletAccountId, walletId } from "./support/samples.ts";
import { paths, walletKey } from "./support/scripted-keystore.ts";

const blocker = `{"intent":"token_diff","diff":{"${blockingToken}":"1"}}`;
const deadlineMs = startMs + 60_000;
const nonce = nonceUntil(deadlineMs);

/** What SignSimulation takes for these calls. */
function asked(calls: readonly GateCall[]) {
  const intentsNonces = calls.map(({ payload }) => (payload.case === "intents" ? nonce : new Uint8Array()));
  return { walletId, calls: [...calls], intentsNonces, deadlineMs: BigInt(deadlineMs) };
}

describe("SignSimulation", () => {
  it("signs the very intents behind one that nobody can meet, and no delegate (rule: simulated-payload-never-balances)", async () => {
    await using proxy = await startProxy();
    const text = '[{"intent":"transfer", "receiver_id":"mike.near","tokens":{"nep141:wrap.near":"5"}}]';
    const probes = proxy.keystore.received(paths.delegate).length;
    const { verdict } = await proxy.client.signSimulation(asked([intentsCall(text), plainCall()]));
    assert.equal(verdict.case, "signed");
    assert.equal(verdict.value.blockingToken, blockingToken);
    const [json = "", none] = verdict.value.payloadsJson;
    assert.equal(none, "");
    const signed = JSON.parse(json);
    const message = `{"signer_id":"${walletAccountId}","deadline":"2026-04-24T19:01:00Z","intents":[${blocker},${text.slice(1)}}`;
    assert.equal(signed.payload.message, message);
    const hash = nep413Hash({ message, nonce, recipient: "intents.near" });
    assert.ok(verifySignature(parsePublicKey(walletKey(walletId).publicKey), hash, parseSignature(signed.signature)));
    assert.equal(proxy.keystore.received(paths.delegate).length, probes);
  });

  it("asks policy about the workflow alone, and signs nothing that it does not allow", async () => {
    for (const [answer, expected] of [
      [{ allowed: false, frozen: false, reason: "no" }, "denied"],
      [{ allowed: true, frozen: false, requires_approval: true, required_approvals: 2 }, "approvalRequired"],
      [{ allowed: true, frozen: true }, "denied"],
    ] as const) {
      await using proxy = await startProxy();
      proxy.keystore.script(paths.policy, () => ({ json: answer }));
      const { verdict } = await proxy.client.signSimulation(asked([intentsCall([transfer("5")])]));
      assert.equal(verdict.case, expected);
      assert.deepEqual(proxy.keystore.received(paths.nep413), []);
      for (const body of proxy.keystore.received(paths.policy)) {
        assert.equal(JSON.stringify(body).includes(blockingToken), false);
      }
    }
  });

  it("signs nothing that lives for long, or that the verifier would refuse", async () => {
    await using proxy = await startProxy();
    const call = intentsCall([transfer("5")]);
    const limited = intentsCall([transfer("5")], { notAfterMs: BigInt(deadlineMs - 1000) });
    const late = startMs + 121_000;
    const requests = [
      { ...asked([call]), deadlineMs: BigInt(late), intentsNonces: [nonceUntil(late)] },
      { ...asked([call]), intentsNonces: [] },
      { ...asked([call]), intentsNonces: [new Uint8Array(32)] },
      { ...asked([call]), intentsNonces: [nonceUntil(deadlineMs - 1000)] },
      { ...asked([plainCall()]), intentsNonces: [nonce] },
      { ...asked([call]), deadlineMs: BigInt(deadlineMs + 1) },
      asked([limited]),
      asked([]),
    ];
    for (const request of requests) {
      assert.equal((await failure(proxy.client.signSimulation(request))).code, Code.InvalidArgument);
    }
    assert.deepEqual(proxy.keystore.received(paths.nep413), []);
  });

  it("does not take a signature that does not verify", async () => {
    await using proxy = await startProxy();
    const answer = { signature_base58: `ed25519:${"1".repeat(64)}`, public_key: walletKey(walletId).publicKey };
    proxy.keystore.script(paths.nep413, () => ({ json: answer }));
    const error = await failure(proxy.client.signSimulation(asked([intentsCall([transfer("5")])])));
    assert.equal(reasonOf(error), "BAD_SIGNATURE");
  });

  it("puts the blocking intent into any array, and into nothing else", () => {
    assert.equal(simulationIntents({ intentsJson: "[]" }), `[${blocker}]`);
    assert.equal(simulationIntents({ intentsJson: " [ \n] " }), `[${blocker}]`);
    assert.equal(simulationIntents({ intentsJson: '[{"a":1} , 2]' }), `[${blocker},{"a":1} , 2]`);
    assert.throws(() => simulationIntents({ intentsJson: '{"a":1}' }), /must be a JSON array/);
    assert.match(blockingToken, /^nep141:[0-9a-f]{64}$/);
  });
});

describe("GetAccount, fresh", () => {
  it("asks the keystore even where the answer is known, so that its readiness shows", async () => {
    await using proxy = await startProxy();
    await proxy.client.getAccount({ walletId });
    assert.equal((await proxy.client.getAccount({ walletId, fresh: true })).accountId, walletAccountId);
    proxy.keystore.script(paths.derive, () => "drop");
    assert.equal((await proxy.client.getAccount({ walletId })).accountId, walletAccountId);
    assert.equal((await failure(proxy.client.getAccount({ walletId, fresh: true }))).code, Code.Unavailable);
  });
});
